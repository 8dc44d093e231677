package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority is the cluster's certificate authority.
//
// Its key is derived from the cluster's token, so every node has it without asking anybody, issues its own certificates,
// and trusts the API server by that authority alone: nothing is fetched over a connection that is not verified yet.
// Who holds the token holds the cluster. That is so in K3s too, where the token opens the authority's key, and k3d
// gives the same token to servers and agents. The token that k3d draws has more than 110 bits; one chosen by hand could
// be guessed from the certificate, so it must be as random.
type authority struct {
	folder string
	key    ed25519.PrivateKey
	cert   *x509.Certificate
}

// identity is what a certificate is issued for.
type identity struct {
	name   string
	groups []string
	// DNS names and addresses under which it serves; none for a client.
	hosts []string
}

// newAuthority derives the authority from the token; certificates and keys go to the folder.
func newAuthority(token, folder string) (*authority, error) {
	if token == "" {
		return nil, fmt.Errorf("K3S_TOKEN is not set; k3d sets it, and it must be the same on all nodes")
	}
	seed, err := hkdf.Key(sha256.New, []byte(token), nil, "pi-speedup node image: certificate authority", ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	key := ed25519.NewKeyFromSeed(seed)
	// Fixed dates and serial number, and a signature without chance: the same certificate on every node.
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "k3s-ca"},
		NotBefore:             time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	ca := &authority{folder, key, cert}
	return ca, writePEM(ca.certFile("ca"), "CERTIFICATE", der)
}

func (ca *authority) certFile(name string) string { return filepath.Join(ca.folder, name+".crt") }
func (ca *authority) keyFile(name string) string  { return filepath.Join(ca.folder, name+".key") }

// issue writes a key and a certificate under the given file name. It is done anew at each start of the node, so that
// the certificate names the address which the container has now.
func (ca *authority) issue(file string, who identity) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: who.name, Organization: who.groups},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(10, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if len(who.hosts) > 0 {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	for _, host := range who.hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return err
	}
	if err := writeKey(ca.keyFile(file), key); err != nil {
		return err
	}
	return writePEM(ca.certFile(file), "CERTIFICATE", der)
}

// signingKey makes the key that signs service account tokens, once in the life of the cluster: tokens outlive a restart.
func (ca *authority) signingKey(file string) error {
	if _, err := os.Stat(ca.keyFile(file)); err == nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	return writeKey(ca.keyFile(file), key)
}

func writeKey(file string, key *ecdsa.PrivateKey) error {
	// The API server reads public keys for service accounts out of this form, but not out of PKCS #8.
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(file, "EC PRIVATE KEY", der)
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
