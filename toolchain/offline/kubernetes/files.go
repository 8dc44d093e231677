package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
)

const (
	containerdSocket = "unix:///run/containerd/containerd.sock"
	kubeletConfig    = "/etc/kubernetes/kubelet.yaml"
)

// writeContainerd writes the files that containerd reads at its start, including the pods' network. If the network were
// configured later, the node would become ready later.
func writeContainerd(address string) error {
	// Unused plugins cost time at each start.
	config := `version = 2
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "` + pauseImage + `"
  # Without CAP_SYS_RESOURCE nothing may get a lower score than containerd itself has; runc would die of trying.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
`
	// A pod only talks to its own node: no masquerading, no routes between nodes, no services. The range belongs to this
	// node alone, because it contains the last number of its address. The list of assigned addresses is lost at a restart,
	// and so are the pods.
	ip := net.ParseIP(address).To4()
	if ip == nil {
		return fmt.Errorf("this node's address is %q, but an IPv4 address is needed", address)
	}
	network := fmt.Sprintf(`{"cniVersion":"0.4.0","name":"pods","plugins":[{"type":"ptp","ipam":{"type":"host-local",`+
		`"dataDir":"/run/cni","ranges":[[{"subnet":"10.42.%d.0/24"}]],"routes":[{"dst":"0.0.0.0/0"}]}}]}`, ip[3])
	if err := write("/etc/containerd/config.toml", config); err != nil {
		return err
	}
	return write("/etc/cni/net.d/10-pods.conflist", network)
}

// writeKubelet writes the kubelet's settings. Clients need a certificate of the cluster's authority, and the API server
// decides what they may do.
func writeKubelet(own certificates) error {
	return write(kubeletConfig, fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: %s}
authorization: {mode: Webhook}
# A port without any check, which nobody asks.
healthzPort: 0
tlsCertFile: %s
tlsPrivateKeyFile: %s
containerRuntimeEndpoint: %s
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
makeIPTablesUtilChains: false
# Lowering it needs CAP_SYS_RESOURCE.
oomScoreAdj: 0
# A node's disk is the machine's: as in K3s, complain late; and images that were brought in by hand stay.
evictionHard: {imagefs.available: "1%%", nodefs.available: "1%%"}
imageGCHighThresholdPercent: 100
nodeStatusUpdateFrequency: 5s
registryPullQPS: 0
eventRecordQPS: 0
kubeAPIQPS: 200
kubeAPIBurst: 400
`, own.certFile("ca"), own.certFile("kubelet"), own.keyFile("kubelet"), containerdSocket))
}

// writeKubeconfig writes a kubeconfig with inline certificates.
func writeKubeconfig(file, url string, own certificates, who string) error {
	return write(file, fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
- name: default
  cluster:
    server: %s
    certificate-authority-data: %s
users:
- name: default
  user:
    client-certificate-data: %s
    client-key-data: %s
contexts:
- name: default
  context: {cluster: default, user: default}
current-context: default
`, url, base64File(own.certFile("ca")), base64File(own.certFile(who)), base64File(own.keyFile(who))))
}

func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o600)
}
