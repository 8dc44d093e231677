package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serving starts a server whose cluster has these nodes; it returns where agents find it, and its authority.
func serving(t *testing.T, token string, nodes ...string) (string, *authority) {
	t.Helper()
	folder := t.TempDir()
	ca, err := newAuthority(filepath.Join(folder, "certificates"))
	if err != nil {
		t.Fatal(err)
	}
	exists := func(_ context.Context, name string) (bool, error) {
		for _, each := range nodes {
			if each == name {
				return true, nil
			}
		}
		return false, nil
	}
	// Agents call from 127.0.0.1 here.
	own := []string{"server", "Kubernetes", "192.0.2.1"}
	joins, err := newJoinServer(token, &joinServer{ca: ca, own: own, known: filepath.Join(folder, "agents"), exists: exists})
	if err != nil {
		t.Fatal(err)
	}
	joins.ErrorLog = log.New(io.Discard, "", 0)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serveJoins(ctx, listener, joins) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String(), ca
}

// joining is what comes of one attempt: joinAt asks again until its context ends.
func joining(server, name, token string, own certificates) error {
	return joiningFrom("127.0.0.1", server, name, token, own)
}

func joiningFrom(address, server, name, token string, own certificates) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return joinAt(ctx, server, &settings{name: name, address: address, token: token}, own)
}

// newRequest asks for a certificate for a new key.
func newRequest(t *testing.T) []byte {
	t.Helper()
	request, err := certificates{t.TempDir()}.request("node")
	if err != nil {
		t.Fatal(err)
	}
	return request
}

func newFolder(t *testing.T) certificates { return certificates{filepath.Join(t.TempDir(), "own")} }

func certificateIn(t *testing.T, own certificates, name string) *x509.Certificate {
	t.Helper()
	cert, err := readCertificate(own.certFile(name))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestAnAgentGetsCertificatesOfItsOwnForItsOwnKeys(t *testing.T) {
	server, ca := serving(t, "token")
	own := newFolder(t)
	if err := joining(server, "agent-0", "token", own); err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	for name, expected := range map[string]struct {
		subject string
		use     x509.ExtKeyUsage
		no      x509.ExtKeyUsage
	}{
		"node":    {"CN=system:node:agent-0,O=system:nodes", x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		"kubelet": {"CN=agent-0", x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	} {
		cert := certificateIn(t, own, name)
		if cert.Subject.String() != expected.subject {
			t.Errorf("%s is for %s", name, cert.Subject)
		}
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{expected.use}}); err != nil {
			t.Error(err)
		}
		// A name that an agent chooses must not be a user's to the API server, nor a node's own identity a server's.
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{expected.no}}); err == nil {
			t.Errorf("%s is good for more than it is for", name)
		}
		if _, err := tls.LoadX509KeyPair(own.certFile(name), own.keyFile(name)); err != nil {
			t.Error(err)
		}
		if left := time.Until(cert.NotAfter); left > 366*24*time.Hour || left < 364*24*time.Hour {
			t.Errorf("%s holds for %s", name, left)
		}
	}
	if err := certificateIn(t, own, "kubelet").VerifyHostname("127.0.0.1"); err != nil {
		t.Error(err)
	}
}

func TestAnAgentHoldsNoKeyOfTheAuthority(t *testing.T) {
	server, ca := serving(t, "token")
	own := newFolder(t)
	if err := joining(server, "agent-0", "token", own); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(own.keyFile("ca")); err == nil {
		t.Error("the agent has a ca.key")
	}
	credential, _, err := joinCredential("token")
	if err != nil {
		t.Fatal(err)
	}
	// What a token gives is not what the cluster trusts.
	if err := credential.Leaf.CheckSignatureFrom(ca.cert); err == nil {
		t.Error("the token's key is trusted by the cluster")
	}
	if err := certificateIn(t, own, "node").CheckSignatureFrom(credential.Leaf); err == nil {
		t.Error("the token's key can sign for the cluster")
	}
}

func TestARestartedAgentJoinsAgainWithItsKey(t *testing.T) {
	server, _ := serving(t, "token", "agent-0")
	own := newFolder(t)
	// This server knows its key before the cluster has the node.
	other, _ := serving(t, "token")
	if err := joining(other, "agent-0", "token", own); err != nil {
		t.Fatal(err)
	}
	if err := joining(other, "agent-0", "token", own); err != nil {
		t.Fatal(err)
	}
	if err := joining(server, "agent-0", "token", own); err == nil {
		t.Error("a server that does not know its key let it join as a node that exists")
	}
}

func TestNobodyTakesTheNameOfANodeThatExistsOrOfTheServer(t *testing.T) {
	server, _ := serving(t, "token", "agent-0")
	for _, name := range []string{
		"agent-0", "server", "kubernetes", "", "../ca", "Agent", "a/b", "a.b", strings.Repeat("a", 64), "system:node:server",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := joining(server, name, "token", newFolder(t)); err == nil {
				t.Error("it was let in")
			}
		})
	}
}

// Who calls from there, such as a pod on the server's network, would get a certificate for the API server's address.
func TestNobodyJoinsFromAnAddressOfTheServers(t *testing.T) {
	ca, err := newAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	request := newRequest(t)
	exists := func(context.Context, string) (bool, error) { return false, nil }
	s := &joinServer{ca: ca, own: []string{"server", "192.0.2.1"}, known: t.TempDir(), exists: exists}
	for from, letIn := range map[string]bool{"192.0.2.1:1234": false, "192.0.2.2:1234": true} {
		body, err := json.Marshal(joinRequest{Name: "agent-0", Node: request, Kubelet: request})
		if err != nil {
			t.Fatal(err)
		}
		asked := httptest.NewRequest(http.MethodPost, "/join", bytes.NewReader(body))
		asked.RemoteAddr = from
		if _, err := s.answer(asked); (err == nil) != letIn {
			t.Errorf("from %s: %v", from, err)
		}
	}
}

func TestANodeThatWasRemovedMayJoinWithAnotherKey(t *testing.T) {
	server, _ := serving(t, "token")
	for range 2 {
		if err := joining(server, "agent-0", "token", newFolder(t)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhoDoesNotHoldTheTokenIsNotServedAndNotBelieved(t *testing.T) {
	server, _ := serving(t, "token")
	if err := joining(server, "agent-0", "another", newFolder(t)); err == nil {
		t.Error("an agent with another token was let in, or believed a server with another token")
	}
	// The TLS alone decides: not a byte of a request is read before it.
	conn, err := tls.Dial("tcp", server, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
	if err == nil {
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		io.WriteString(conn, "POST /join HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
		if answer, _ := io.ReadAll(conn); len(answer) > 0 {
			t.Errorf("it answered %q", answer)
		}
	}
}

func TestTheAuthorityIsTheSameAfterARestart(t *testing.T) {
	folder := t.TempDir()
	first, err := newAuthority(folder)
	if err != nil {
		t.Fatal(err)
	}
	second, err := newAuthority(folder)
	if err != nil {
		t.Fatal(err)
	}
	if !first.cert.Equal(second.cert) || !first.key.Equal(second.key) {
		t.Error("it is another one")
	}
}

func TestAnotherClusterHasAnotherAuthorityThoughTheTokenIsTheSame(t *testing.T) {
	_, first := serving(t, "token")
	_, second := serving(t, "token")
	if first.key.Equal(second.key) {
		t.Error("it is the same key")
	}
}

func TestWithoutATokenNobodyJoins(t *testing.T) {
	if _, _, err := joinCredential(""); err == nil {
		t.Error("a key was derived from nothing")
	}
}

func TestAnAgentTakesNoCertificateForAnotherAddressThanItsOwn(t *testing.T) {
	server, _ := serving(t, "token")
	own := newFolder(t)
	if err := joiningFrom("192.0.2.7", server, "agent-0", "token", own); err == nil {
		t.Error("it has taken one for 127.0.0.1, from where the server was called")
	}
	if _, err := os.Stat(own.certFile("kubelet")); !os.IsNotExist(err) {
		t.Error("the certificate was kept: ", err)
	}
	if err := joining(server, "agent-0", "token", own); err != nil {
		t.Error("the next attempt is from its own address: ", err)
	}
}
