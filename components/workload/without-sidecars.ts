// What keeps others' containers and programs out of the measured pods: a proxy would share the cores that are measured and
// run on when the work is done, and an agent in Python would be measured with it. Each of these is how its maker's
// documentation says that one pod is to be left alone; where there is no such mesh or agent it means nothing to anybody.

/** Labels of the pods. */
const labels = {
  // Istio. Its webhook asks for the label; releases before 1.10 knew the annotation alone.
  "sidecar.istio.io/inject": "false",
  // Istio's ambient mode, which has no sidecar and leads a pod's connections elsewhere.
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
