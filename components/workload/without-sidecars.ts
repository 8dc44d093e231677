// Keeps foreign containers and programs out of the measured pods. A proxy would use the measured cores and keep running
// after the work, and a Python agent would be part of the measurement. Each entry is what the vendor's documentation
// says to exclude a pod. Without that mesh or agent, it has no effect.

/** Labels of the pods. */
const labels = {
  // Istio. Its webhook checks the label; releases before 1.10 only know the annotation.
  "sidecar.istio.io/inject": "false",
  // Istio's ambient mode, which has no sidecar but redirects a pod's connections.
  "istio.io/dataplane-mode": "none",
  // Kuma and Kong Mesh.
  "kuma.io/sidecar-injection": "disabled",
  // NGINX Service Mesh.
  "injector.nsm.nginx.com/auto-inject": "disabled",
  // Datadog's libraries.
  "admission.datadoghq.com/enabled": "false",
} as const;

/** Annotations of the pods. */
const annotations = {
  "sidecar.istio.io/inject": "false",
  "linkerd.io/inject": "disabled",
  // Kuma before 2.0.
  "kuma.io/sidecar-injection": "disabled",
  "consul.hashicorp.com/connect-inject": "false",
  "consul.hashicorp.com/mesh-inject": "false",
  // AWS App Mesh.
  "appmesh.k8s.aws/sidecarInjectorWebhook": "disabled",
  // Open Service Mesh.
  "openservicemesh.io/sidecar-injection": "disabled",
  "sidecar.opentelemetry.io/inject": "false",
  "instrumentation.opentelemetry.io/inject-python": "false",
  "dynatrace.com/inject": "false",
} as const;

/** For the pod template. */
export const withoutSidecars = { labels, annotations } as const;
