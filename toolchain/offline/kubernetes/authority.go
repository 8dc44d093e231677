package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const (
	authorityYears = 10
	// As in K3s. A node issues or requests its certificates at each start, so only a node that runs for more than a year
	// without a restart is locked out. `npm run up` recreates such a cluster.
	certificateYears = 1
)

// authority is the cluster's certificate authority. Its key is generated at the server's first start and stays on the
// server. Agents request certificates (join.go) and have no key but their own.
type authority struct {
	certificates
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// certificates is the folder with a node's certificates and keys. Only root can read it.
type certificates struct{ folder string }

// identity is the subject of a certificate.
type identity struct {
	name   string
	groups []string
	// DNS names and addresses that it serves; none for a client.
	hosts []string
}

// newAuthority opens the authority in the folder, or creates one if there is none.
func newAuthority(folder string) (*authority, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	ca := &authority{certificates: certificates{folder}}
	key, err := ca.keepKey("ca")
	if err != nil {
		return nil, err
	}
	ca.key = key
	cert, err := readCertificate(ca.certFile("ca"))
	if errors.Is(err, os.ErrNotExist) {
		cert, err = ca.signItself()
	}
	ca.cert = cert
	return ca, err
}

func (ca *authority) signItself() (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "k3s-ca"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(authorityYears, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, ca.key.Public(), ca.key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return cert, writePEM(ca.certFile("ca"), "CERTIFICATE", der)
}

func (c certificates) certFile(name string) string { return filepath.Join(c.folder, name+".crt") }
func (c certificates) keyFile(name string) string  { return filepath.Join(c.folder, name+".key") }

// keepKey reads a key, or generates it if there is none, so that it lasts as long as the node's container.
func (c certificates) keepKey(name string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(c.keyFile(name))
	if errors.Is(err, os.ErrNotExist) {
		return c.newKey(name)
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is no key; remove this cluster and make it again", c.keyFile(name))
	}
	return x509.ParseECPrivateKey(block.Bytes)
}

func (c certificates) newKey(name string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	// The API server reads public keys for service accounts from this form, but not from PKCS #8.
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writePEM(c.keyFile(name), "EC PRIVATE KEY", der)
}

// issue writes a key and a certificate under the given file name. It runs at each start of the node, so that the
// certificate contains the container's current address.
func (ca *authority) issue(file string, who identity) error {
	key, err := ca.newKey(file)
	if err != nil {
		return err
	}
	der, err := ca.sign(who, key.Public())
	if err != nil {
		return err
	}
	return writePEM(ca.certFile(file), "CERTIFICATE", der)
}

// sign creates a certificate for the owner of the key.
func (ca *authority) sign(who identity, key crypto.PublicKey) ([]byte, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: who.name, Organization: who.groups},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(certificateYears, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	// The API server takes the name in a client's certificate as its user. So a serving certificate must not work for
	// clients, because an agent chooses its own name.
	if len(who.hosts) > 0 {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	for _, host := range who.hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return x509.CreateCertificate(rand.Reader, template, ca.cert, key, ca.key)
}

func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
}

func readCertificate(file string) (*x509.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is no certificate; remove this cluster and make it again", file)
	}
	return x509.ParseCertificate(block.Bytes)
}

func writePEM(file, kind string, der []byte) error {
	return os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
