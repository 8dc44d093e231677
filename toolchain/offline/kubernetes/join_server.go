package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// The server's side of joining: it signs agents' requests.

type joinServer struct {
	ca *authority
	// own are the names and addresses of the server and its API. Nobody else gets a certificate for them.
	own []string
	// known is the folder with the key of each node that has joined.
	known string
	// exists tells whether the cluster has a node with that name. A removed node may join again with another key.
	exists func(ctx context.Context, name string) (bool, error)
	mutex  sync.Mutex
}

// newJoinServer creates the server for agents. Without the token, a client can't complete the handshake.
func newJoinServer(token string, s *joinServer) (*http.Server, error) {
	credential, pool, err := joinCredential(token)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.known, 0o700); err != nil {
		return nil, err
	}
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		MaxHeaderBytes:    mostJoinBytes,
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{credential},
			ClientAuth:   tls.RequireAndVerifyClientCert,
			ClientCAs:    pool,
			MinVersion:   tls.VersionTLS13,
		},
	}, nil
}

// serveJoins answers agents until ctx ends.
func serveJoins(ctx context.Context, listener net.Listener, server *http.Server) error {
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (s *joinServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := s.answer(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		fmt.Fprintln(os.Stderr, "k3s: an agent's certificates could not be sent:", err)
	}
}

// A valid Kubernetes name, which is also safe as a file name.
var nodeName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

func (s *joinServer) answer(r *http.Request) (*joinAnswer, error) {
	var asked joinRequest
	if err := json.NewDecoder(io.LimitReader(r.Body, mostJoinBytes)).Decode(&asked); err != nil {
		return nil, fmt.Errorf("the request is no JSON as an agent sends it")
	}
	if !nodeName.MatchString(asked.Name) {
		return nil, fmt.Errorf("%.80q can't be the name of an agent", asked.Name)
	}
	// The address that it calls from, not the one that it claims.
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return nil, err
	}
	// With such a certificate, it could impersonate the API server to other nodes and to the administrator.
	for _, host := range kubeletIdentity(asked.Name, address).hosts {
		if slices.ContainsFunc(s.own, func(own string) bool { return strings.EqualFold(own, host) }) {
			return nil, fmt.Errorf("%q is the server's own, so no agent can have it", host)
		}
	}
	nodeKey, err := keyIn(asked.Node)
	if err != nil {
		return nil, err
	}
	kubeletKey, err := keyIn(asked.Kubelet)
	if err != nil {
		return nil, err
	}
	if err := s.remember(r.Context(), asked.Name, nodeKey); err != nil {
		return nil, err
	}
	node, err := s.ca.sign(nodeIdentity(asked.Name), nodeKey)
	if err != nil {
		return nil, err
	}
	kubelet, err := s.ca.sign(kubeletIdentity(asked.Name, address), kubeletKey)
	if err != nil {
		return nil, err
	}
	return &joinAnswer{Authority: s.ca.cert.Raw, Node: node, Kubelet: kubelet}, nil
}

// remember refuses another key for a name that has joined, as long as there is a node with that name.
func (s *joinServer) remember(ctx context.Context, name string, key crypto.PublicKey) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return err
	}
	file := filepath.Join(s.known, name)
	former, err := os.ReadFile(file)
	switch {
	case err == nil && bytes.Equal(former, der):
		return nil
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	}
	// Even a name without a recorded key may belong to a node, if the server has lost its files.
	found, err := s.exists(ctx, name)
	if err != nil {
		return fmt.Errorf("whether there is a node %s can't be told: %w", name, err)
	}
	if found {
		return fmt.Errorf("the node %s has joined with another key; remove it with `kubectl delete node %s` and start its container again", name, name)
	}
	return os.WriteFile(file, der, 0o600)
}

// keyIn returns the public key that signed the request. Everything else in it is ignored.
func keyIn(der []byte) (crypto.PublicKey, error) {
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("the request holds no request for a certificate")
	}
	key, ok := request.PublicKey.(*ecdsa.PublicKey)
	if !ok || request.CheckSignature() != nil {
		return nil, fmt.Errorf("a request for a certificate is not signed by its own key")
	}
	return key, nil
}

func nodeIdentity(name string) identity {
	return identity{name: "system:node:" + name, groups: []string{"system:nodes"}}
}

func kubeletIdentity(name, address string) identity {
	return identity{name: name, hosts: []string{name, address}}
}
