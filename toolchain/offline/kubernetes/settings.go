package main

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// settings are what k3d tells a node: by arguments, in K3s' syntax, and by the environment.
type settings struct {
	server  bool
	name    string
	address string
	token   string
	// url is the address of the API server, as seen from this node.
	url        string
	kubeconfig string // a copy of the administrator's kubeconfig goes here
	tlsSans    []string
	labels     []string
	taints     []string
}

func readSettings(args []string) (*settings, error) {
	if len(args) == 0 || (args[0] != "server" && args[0] != "agent") {
		return nil, fmt.Errorf("the first argument must be server or agent, not %q", strings.Join(args, " "))
	}
	name, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	addresses, err := net.LookupHost(name)
	if err != nil || len(addresses) == 0 {
		return nil, fmt.Errorf("this container's own name %s has no address: %v", name, err)
	}
	s := &settings{
		server:     args[0] == "server",
		name:       name,
		address:    addresses[0],
		token:      os.Getenv("K3S_TOKEN"),
		url:        os.Getenv("K3S_URL"),
		kubeconfig: os.Getenv("K3S_KUBECONFIG_OUTPUT"),
	}
	if s.server {
		s.url = "https://127.0.0.1:6443"
	} else if s.url == "" {
		return nil, fmt.Errorf("K3S_URL is not set; an agent needs it to find the server")
	}
	for rest := args[1:]; len(rest) > 0; {
		flag, value, joined := strings.Cut(rest[0], "=")
		rest = rest[1:]
		if !joined {
			if len(rest) == 0 {
				return nil, fmt.Errorf("the argument %s has no value", flag)
			}
			value, rest = rest[0], rest[1:]
		}
		switch flag {
		case "--tls-san":
			s.tlsSans = append(s.tlsSans, value)
		case "--node-label":
			s.labels = append(s.labels, value)
		case "--node-taint":
			s.taints = append(s.taints, value)
		case "--disable":
			// The add-ons that this disables (CoreDNS, Traefik and others) are not in this image.
		default:
			return nil, fmt.Errorf("the argument %s is not known here; this node understands --tls-san, --node-label, --node-taint and --disable", flag)
		}
	}
	return s, nil
}
