package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	remote "k8s.io/cri-client/pkg"
	"k8s.io/klog/v2"
)

const (
	dataFolder = "/var/lib/k3s-node"
	etcdSocket = "unix:///run/etcd.sock"
	// Where other members of etcd would connect. There are none, and a port would be open to every process on the node.
	etcdPeers   = "unix:///run/etcd-peers.sock"
	serviceCIDR = "10.43.0.0/16"
	pauseImage  = "docker.io/pi-speedup/pause:1"
	// The image's KUBECONFIG: the administrator's on the server, the node's own on an agent.
	kubeconfigFile = "/etc/rancher/k3s/k3s.yaml"
	nodeKubeconfig = "/etc/kubernetes/kubelet.kubeconfig"
	// Exists as soon as the node is Ready.
	readyFile = "/run/k3s-ready"
)

// The controllers that a cluster needs for Jobs, namespaces, and nodes that join or leave. Each additional one lists
// and watches more objects at the start.
var controllersUsed = []string{
	"garbage-collector-controller", "job-controller", "namespace-controller", "node-lifecycle-controller",
	"pod-garbage-collector-controller", "root-ca-certificate-publisher-controller", "serviceaccount-controller",
	"taint-eviction-controller", "ttl-after-finished-controller", "daemonset-controller", "deployment-controller",
	"replicaset-controller",
}

// Where images are placed that should be on the node from the start: ours, and those of K3s's documented folder.
var imageTarballs = []string{"/usr/share/node-images/*.tar", "/var/lib/rancher/k3s/agent/images/*.tar"}

// runNode starts a node's programs, prints the lines that k3d waits for, and runs until it is stopped or one of its
// programs ends. A second start in the same container finds its cluster in etcd's data.
func runNode(args []string) error {
	s, err := readSettings(args)
	if err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	// Remains from before a restart must not look like the results of this start.
	for _, file := range []string{readyFile, etcdSocket, etcdPeers} {
		if err := os.RemoveAll(strings.TrimPrefix(file, "unix://")); err != nil {
			return err
		}
	}
	programs := newProcesses()
	defer programs.stop()
	started := make(chan error, 1)
	go func() { started <- startNode(ctx, s, programs) }()
	for {
		select {
		case err := <-started:
			if err != nil {
				return err
			}
		case err := <-programs.ended:
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

func startNode(ctx context.Context, s *settings, programs *processes) error {
	own := certificates{dataFolder + "/certificates"}
	// containerd's files are needed before the certificates exist.
	if err := writeContainerd(s.address); err != nil {
		return err
	}
	// containerd and the API server each take a moment, and do not need each other.
	if err := programs.start("containerd"); err != nil {
		return err
	}
	images := make(chan error, 1)
	go func() { images <- loadImages(ctx) }()
	if s.server {
		if err := startServer(ctx, s, own, programs); err != nil {
			return err
		}
	} else if err := join(ctx, s, own); err != nil {
		return err
	}
	if err := writeNodeFiles(s, own); err != nil {
		return err
	}
	if err := <-images; err != nil {
		return err
	}
	return startKubelet(ctx, s, programs)
}

func writeNodeFiles(s *settings, own certificates) error {
	if err := writeKubelet(own); err != nil {
		return err
	}
	if !s.server {
		if err := writeKubeconfig(kubeconfigFile, s.url, own, "node"); err != nil {
			return err
		}
	}
	return writeKubeconfig(nodeKubeconfig, s.url, own, "node")
}

// startServer returns when the API server answers and agents can join.
func startServer(ctx context.Context, s *settings, own certificates, programs *processes) error {
	ca, err := newAuthority(own.folder)
	if err != nil {
		return err
	}
	for file, who := range map[string]identity{"node": nodeIdentity(s.name), "kubelet": kubeletIdentity(s.name, s.address)} {
		if err := ca.issue(file, who); err != nil {
			return err
		}
	}
	joins, err := newJoinServer(s.token, &joinServer{
		ca: ca, own: serverNames(s), known: own.folder + "/agents", exists: nodeExists,
	})
	if err != nil {
		return err
	}
	// Before k3d learns that the server is up, because it then starts the agents.
	listener, err := net.Listen("tcp", net.JoinHostPort(s.address, joinPort))
	if err != nil {
		return err
	}
	programs.watch("the port for agents", func() error { return serveJoins(ctx, listener, joins) })
	return startControlPlane(ctx, s, ca, programs)
}

// serverNames are the names and addresses of the server and its API.
func serverNames(s *settings) []string {
	return append([]string{
		"localhost", "127.0.0.1", s.name, s.address, "10.43.0.1",
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
	}, s.tlsSans...)
}

// nodeExists asks the API server, as administrator.
func nodeExists(ctx context.Context, name string) (bool, error) {
	api, err := connect(kubeconfigFile)
	if err != nil {
		return false, err
	}
	_, err = api.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// startControlPlane returns when the API server answers and the controllers and the scheduler have been started.
func startControlPlane(ctx context.Context, s *settings, ca *authority, programs *processes) error {
	for file, who := range map[string]identity{
		"apiserver":     {name: "kube-apiserver", hosts: serverNames(s)},
		"administrator": {name: "system:admin", groups: []string{"system:masters"}},
	} {
		if err := ca.issue(file, who); err != nil {
			return err
		}
	}
	// Tokens outlive a restart.
	if _, err := ca.keepKey("service-accounts"); err != nil {
		return err
	}
	if err := writeKubeconfig(kubeconfigFile, s.url, ca.certificates, "administrator"); err != nil {
		return err
	}
	if s.kubeconfig != "" {
		if err := writeKubeconfig(s.kubeconfig, s.url, ca.certificates, "administrator"); err != nil {
			return err
		}
	}
	// The cluster lives as long as its containers. It need not survive a power failure, so nothing waits for the disk.
	if err := programs.start("etcd", "--data-dir="+dataFolder+"/etcd", "--unsafe-no-fsync", "--log-level=warn",
		"--listen-client-urls="+etcdSocket, "--advertise-client-urls=http://127.0.0.1:2379",
		"--listen-peer-urls="+etcdPeers); err != nil {
		return err
	}
	if err := programs.start("kube-apiserver",
		"--etcd-servers="+etcdSocket,
		"--advertise-address="+s.address,
		"--secure-port=6443",
		"--service-cluster-ip-range="+serviceCIDR,
		"--authorization-mode=Node,RBAC",
		// A node may change itself and its own pods, but no other nodes or their pods.
		"--enable-admission-plugins=NodeRestriction",
		"--anonymous-auth=false",
		"--allow-privileged=true",
		"--client-ca-file="+ca.certFile("ca"),
		"--tls-cert-file="+ca.certFile("apiserver"),
		"--tls-private-key-file="+ca.keyFile("apiserver"),
		"--kubelet-certificate-authority="+ca.certFile("ca"),
		"--kubelet-client-certificate="+ca.certFile("administrator"),
		"--kubelet-client-key="+ca.keyFile("administrator"),
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file="+ca.keyFile("service-accounts"),
		"--service-account-signing-key-file="+ca.keyFile("service-accounts"),
		"--profiling=false",
	); err != nil {
		return err
	}
	api, err := connect(kubeconfigFile)
	if err != nil {
		return err
	}
	if err := wait(ctx, "the API server to be ready", func() error {
		return api.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	}); err != nil {
		return err
	}
	fmt.Println("k3s is up and running")
	if err := programs.start("kube-controller-manager",
		"--kubeconfig="+kubeconfigFile,
		"--controllers="+strings.Join(controllersUsed, ","),
		"--service-account-private-key-file="+ca.keyFile("service-accounts"),
		"--root-ca-file="+ca.certFile("ca"),
		"--node-monitor-period=1s",
		"--kube-api-qps=200", "--kube-api-burst=400",
		"--leader-elect=false", "--secure-port=0", "--profiling=false",
	); err != nil {
		return err
	}
	return programs.start("kube-scheduler", "--kubeconfig="+kubeconfigFile, "--kube-api-qps=200", "--kube-api-burst=400",
		"--leader-elect=false", "--secure-port=0", "--profiling=false")
}

// startKubelet returns when the node is Ready.
func startKubelet(ctx context.Context, s *settings, programs *processes) error {
	api, err := connect(nodeKubeconfig)
	if err != nil {
		return err
	}
	node := api.CoreV1().Nodes()
	// After a restart, the node's object still has the old state. Only newer state counts.
	since := time.Now().Truncate(time.Second)
	if err := programs.start("kubelet",
		"--config="+kubeletConfig, "--kubeconfig="+nodeKubeconfig, "--hostname-override="+s.name, "--node-ip="+s.address,
		"--node-labels="+strings.Join(append(s.labels, "node.kubernetes.io/instance-type=k3s"), ","),
		"--register-with-taints="+strings.Join(s.taints, ","),
	); err != nil {
		return err
	}
	if err := wait(ctx, "node "+s.name+" to be Ready", func() error {
		found, err := node.Get(ctx, s.name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range found.Status.Conditions {
			if condition.Type == corev1.NodeReady && condition.LastHeartbeatTime.Time.Before(since) {
				return fmt.Errorf("the kubelet has not reported since this start")
			}
			if condition.Type == corev1.NodeReady && condition.Status != corev1.ConditionTrue {
				return fmt.Errorf("%s", condition.Message)
			}
			if condition.Type == corev1.NodeReady {
				return nil
			}
		}
		return fmt.Errorf("the node has no state yet")
	}); err != nil {
		return err
	}
	if s.server {
		// A kubelet may not set this label on its own node, so the administrator does.
		administrator, err := connect(kubeconfigFile)
		if err != nil {
			return err
		}
		label := []byte(`{"metadata":{"labels":{"node-role.kubernetes.io/control-plane":"true"}}}`)
		if _, err := administrator.CoreV1().Nodes().Patch(ctx, s.name, types.MergePatchType, label, metav1.PatchOptions{}); err != nil {
			return err
		}
	}
	if err := write(readyFile, ""); err != nil {
		return err
	}
	fmt.Printf("Successfully registered node %s\n", s.name)
	return nil
}

// loadImages waits for containerd and imports the images that are available as files.
func loadImages(ctx context.Context) error {
	logger := klog.Background().V(10)
	if err := wait(ctx, "containerd to answer", func() error {
		// Checking first avoids a warning in the log for each attempt.
		if _, err := os.Stat(strings.TrimPrefix(containerdSocket, "unix://")); err != nil {
			return err
		}
		service, err := remote.NewRemoteRuntimeService(containerdSocket, time.Second, nil, &logger)
		if err == nil {
			_, err = service.Status(ctx, false)
		}
		return err
	}); err != nil {
		return err
	}
	for _, pattern := range imageTarballs {
		files, err := filepath.Glob(pattern)
		if err != nil {
			return err
		}
		for _, file := range files {
			if out, err := exec.CommandContext(ctx, "ctr", "--namespace=k8s.io", "images", "import", file).CombinedOutput(); err != nil {
				return fmt.Errorf("the image file %s could not be imported: %v: %s", file, err, out)
			}
		}
	}
	return nil
}

// waitBeforeUncordon delays the `kubectl uncordon` of k3d's entry script until the node exists. The script retries
// every three seconds, and each attempt slows down the start.
func waitBeforeUncordon(args []string) {
	if len(args) == 0 || args[0] != "uncordon" {
		return
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if _, err := os.Stat(readyFile); err == nil {
			return
		}
	}
}

func connect(kubeconfig string) (*kubernetes.Clientset, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // the intervals of wait are limit enough
	config.Timeout = 5 * time.Second
	return kubernetes.NewForConfig(config)
}

func base64File(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		panic(err) // this program has just written it
	}
	return base64.StdEncoding.EncodeToString(data)
}
