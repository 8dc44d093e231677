package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
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
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	exists := func(_ context.Context, name string) (bool, error) {
		for _, each := range nodes {
			if each == name {
				return true, nil
			}
		}
		return false, nil
	}
	go serveJoins(ctx, listener, token, &joinServer{ca: ca, own: "server", known: filepath.Join(folder, "agents"), exists: exists})
	return listener.Addr().String(), ca
}

// joining is what comes of one attempt: joinAt asks again until its context ends.
func joining(server, name, token string, own certificates) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return joinAt(ctx, server, &settings{name: name, token: token}, own)
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
	for name, subject := range map[string]string{"node": "CN=system:node:agent-0,O=system:nodes", "kubelet": "CN=agent-0"} {
		cert := certificateIn(t, own, name)
		if cert.Subject.String() != subject {
			t.Errorf("%s is for %s", name, cert.Subject)
		}
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
			t.Error(err)
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
	// It has joined, though it was no node yet.
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
	for _, name := range []string{"agent-0", "server", "", "../ca", "Agent", "a/b", strings.Repeat("a", 64), "system:node:server"} {
		if err := joining(server, name, "token", newFolder(t)); err == nil {
			t.Errorf("%q was let in", name)
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
		t.Error("a key was derived of nothing")
	}
}
