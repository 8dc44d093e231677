package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"crypto/rand"
)

// How an agent joins. It draws its keys itself and sends the server requests for certificates; the server signs a node's
// own identity and nothing else. Server and agents know each other by the cluster's token, which k3d gives to both: each
// derives the same key of it, and shows a certificate of that key. So nothing is sent over a connection that is not
// verified, in either direction. The token that k3d draws has more than 110 bits; one chosen by hand could be guessed from
// the certificate, so it must be as random.
//
// Who holds the token can join as a node, as in K3s. They can't become a node that has joined with another key, nor the
// server, nor an administrator.

const (
	joinPort = "6444"
	joinName = "k3s-join"
	// Requests and answers are a few kilobytes.
	mostJoinBytes = 64 << 10
)

// joinRequest is what an agent asks for: two certificates, by requests in the form of PKCS #10.
type joinRequest struct {
	Name    string `json:"name"`
	Node    []byte `json:"node"`
	Kubelet []byte `json:"kubelet"`
}

// joinAnswer holds certificates in DER.
type joinAnswer struct {
	Authority []byte `json:"authority"`
	Node      []byte `json:"node"`
	Kubelet   []byte `json:"kubelet"`
}

// joinCredential is the certificate by which server and agents of one token know each other.
func joinCredential(token string) (tls.Certificate, *x509.CertPool, error) {
	if token == "" {
		return tls.Certificate{}, nil, fmt.Errorf("K3S_TOKEN is not set; k3d sets it, and it must be the same on all nodes")
	}
	seed, err := hkdf.Key(sha256.New, []byte(token), nil, "pi-speedup node image: joining", ed25519.SeedSize)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	key := ed25519.NewKeyFromSeed(seed)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: joinName},
		DNSNames:              []string{joinName},
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: cert}, pool, nil
}

// joinServer signs what agents ask for.
type joinServer struct {
	ca *authority
	// own is the server's name, which no agent may take.
	own string
	// known is the folder with the key of each node that has joined.
	known string
	// exists tells whether the cluster has a node of that name; one that was removed may join again with another key.
	exists func(ctx context.Context, name string) (bool, error)
	mutex  sync.Mutex
}

// serveJoins listens on the node's address, for agents, until ctx ends.
func serveJoins(ctx context.Context, listener net.Listener, token string, s *joinServer) error {
	credential, pool, err := joinCredential(token)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.known, 0o700); err != nil {
		return err
	}
	server := &http.Server{
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
	}
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

// A name as Kubernetes has it, which is also safe as the name of a file.
var nodeName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

func (s *joinServer) answer(r *http.Request) (*joinAnswer, error) {
	var asked joinRequest
	if err := json.NewDecoder(io.LimitReader(r.Body, mostJoinBytes)).Decode(&asked); err != nil {
		return nil, fmt.Errorf("the request is no JSON as an agent sends it")
	}
	if !nodeName.MatchString(asked.Name) || asked.Name == s.own {
		return nil, fmt.Errorf("%.80q can't be the name of an agent of this cluster", asked.Name)
	}
	// Where it calls from, not what it says of itself.
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return nil, err
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

// remember refuses another key for a name that has joined, as long as there is a node of that name.
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
	// A name without a key of its own may be a node's all the same, of a server that has lost its files.
	found, err := s.exists(ctx, name)
	if err != nil {
		return fmt.Errorf("whether there is a node %s can't be told: %w", name, err)
	}
	if found {
		return fmt.Errorf("the node %s has joined with another key; remove it with `kubectl delete node %s` and start its container again", name, name)
	}
	return os.WriteFile(file, der, 0o600)
}

// keyIn is the key of whoever has signed the request; everything else in it counts for nothing.
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

// join gets an agent its certificates from the server, and the authority's. Its own keys never leave it.
func join(ctx context.Context, s *settings, own certificates) error {
	host, _, err := net.SplitHostPort(strings.TrimPrefix(s.url, "https://"))
	if err != nil || !strings.HasPrefix(s.url, "https://") {
		return fmt.Errorf("K3S_URL is %q, where https://HOST:PORT was expected", s.url)
	}
	return joinAt(ctx, net.JoinHostPort(host, joinPort), s, own)
}

func joinAt(ctx context.Context, server string, s *settings, own certificates) error {
	credential, pool, err := joinCredential(s.token)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(own.folder, 0o700); err != nil {
		return err
	}
	node, err := own.request("node")
	if err != nil {
		return err
	}
	kubelet, err := own.request("kubelet")
	if err != nil {
		return err
	}
	body, err := json.Marshal(joinRequest{Name: s.name, Node: node, Kubelet: kubelet})
	if err != nil {
		return err
	}
	client := &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{
			Certificates: []tls.Certificate{credential},
			RootCAs:      pool,
			ServerName:   joinName,
			MinVersion:   tls.VersionTLS13,
		}},
	}
	defer client.CloseIdleConnections()
	var answer joinAnswer
	if err := wait(ctx, "the server to let this node join", func() error {
		return post(ctx, client, "https://"+server+"/join", body, &answer)
	}); err != nil {
		return err
	}
	for name, der := range map[string][]byte{"ca": answer.Authority, "node": answer.Node, "kubelet": answer.Kubelet} {
		if _, err := x509.ParseCertificate(der); err != nil {
			return fmt.Errorf("the server's answer holds no certificate %q: %w", name, err)
		}
		if err := writePEM(own.certFile(name), "CERTIFICATE", der); err != nil {
			return err
		}
	}
	return nil
}

// request asks for a certificate for a key of ours. Who asks is said beside it.
func (c certificates) request(name string) ([]byte, error) {
	key, err := c.keepKey(name)
	if err != nil {
		return nil, err
	}
	return x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
}

func post(ctx context.Context, client *http.Client, url string, body []byte, answer *joinAnswer) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, mostJoinBytes))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %q: %s", response.Status, bytes.TrimSpace(text))
	}
	return json.Unmarshal(text, answer)
}
