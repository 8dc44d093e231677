package main

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"time"
)

// How an agent joins. It generates its own keys and sends certificate requests to the server. The server only signs a
// node's own identity. Server and agents authenticate with the cluster's token, which k3d gives to both: each derives
// the same key from it, and shows a certificate of that key. So every connection is verified in both directions. k3d's
// token has more than 110 random bits. One chosen by hand must be as random, because it could be guessed from the
// certificate.
//
// As in K3s, whoever has the token can join as a node, and can impersonate the server to a joining node. They can't
// become the server of a running cluster, an administrator, or a node that the cluster has under another key.

const (
	joinPort = "6444"
	joinName = "k3s-join"
	// Requests and answers are a few kilobytes.
	mostJoinBytes = 64 << 10
)

// joinRequest is what an agent requests: two certificates, as PKCS #10 requests.
type joinRequest struct {
	Name    string `json:"name"`
	Node    []byte `json:"node"`
	Kubelet []byte `json:"kubelet"`
}

// joinAnswer contains certificates in DER.
type joinAnswer struct {
	Authority []byte `json:"authority"`
	Node      []byte `json:"node"`
	Kubelet   []byte `json:"kubelet"`
}

// joinCredential is the certificate by which server and agents with the same token authenticate.
func joinCredential(token string) (tls.Certificate, *x509.CertPool, error) {
	if token == "" {
		return tls.Certificate{}, nil, errors.New("K3S_TOKEN is not set; k3d sets it, and it must be the same on all nodes")
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
