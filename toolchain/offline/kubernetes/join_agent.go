package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// An agent's side of joining: it requests its certificates.

// join gets an agent's certificates and the authority's from the server. The agent's keys never leave it.
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
		Transport: &http.Transport{
			// Only a new connection can come from another address.
			DisableKeepAlives: true,
			TLSClientConfig: &tls.Config{
				Certificates: []tls.Certificate{credential},
				RootCAs:      pool,
				ServerName:   joinName,
				MinVersion:   tls.VersionTLS13,
			},
		},
	}
	var answer joinAnswer
	if err := wait(ctx, "the server to let this node join", func() error {
		if err := post(ctx, client, "https://"+server+"/join", body, &answer); err != nil {
			return err
		}
		return seenAt(s.address, answer.Kubelet)
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

// seenAt fails if the kubelet's certificate is not for this node's address. The server signs for the address that it sees.
// While Docker restarts, it may rewrite that address for a moment, and the API server would then never accept the kubelet.
func seenAt(address string, kubelet []byte) error {
	cert, err := x509.ParseCertificate(kubelet)
	if err != nil {
		return nil // Retrying does not help, so the caller reports it.
	}
	if err := cert.VerifyHostname(address); err != nil {
		return fmt.Errorf("the server sees this node, whose address is %s, at another address: %w", address, err)
	}
	return nil
}

// request asks for a certificate for one of our keys. The identity is sent separately.
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
