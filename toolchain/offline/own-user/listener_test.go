package rpcutil

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"
)

// answering listens for this user and writes "hello" to every connection that it takes.
func answering(t *testing.T) string {
	t.Helper()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := onlyOwnUser(plain)
	t.Cleanup(func() { listener.Close() })
	go greet(listener)
	return listener.Addr().String()
}

func greet(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		conn.Write([]byte("hello"))
		conn.Close()
	}
}

func read(t *testing.T, conn net.Conn) string {
	t.Helper()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	buffer := make([]byte, 100)
	n, _ := conn.Read(buffer)
	return string(buffer[:n])
}

func TestTheSameUserIsLetIn(t *testing.T) {
	conn, err := net.Dial("tcp", answering(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if found := read(t, conn); found != "hello" {
		t.Errorf("found %q", found)
	}
}

// ask connects in one of several ways and returns what it is told; this program does it as another user, too.
func ask(way, address string) (string, error) {
	port := netip.MustParseAddrPort(address).Port()
	family, to := syscall.AF_INET, syscall.Sockaddr(&syscall.SockaddrInet4{Port: int(port), Addr: [4]byte{127, 0, 0, 1}})
	if way == "IPv6" {
		mapped := [16]byte{10: 0xff, 11: 0xff, 12: 127, 15: 1}
		family, to = syscall.AF_INET6, &syscall.SockaddrInet6{Port: int(port), Addr: mapped}
	}
	socket, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	if err != nil {
		return "", err
	}
	defer syscall.Close(socket)
	if err := syscall.Connect(socket, to); err != nil {
		return "", err
	}
	if way == "with its writing end closed" {
		if err := syscall.Shutdown(socket, syscall.SHUT_WR); err != nil {
			return "", err
		}
	}
	buffer := make([]byte, 100)
	n, _ := syscall.Read(socket, buffer)
	return string(buffer[:max(n, 0)]), nil
}

func TestMain(m *testing.M) {
	if way := os.Getenv("ASK"); way != "" {
		told, err := ask(way, os.Getenv("ADDRESS"))
		if err != nil {
			fmt.Println("failed:", err)
		}
		fmt.Print(told)
		return
	}
	os.Exit(m.Run())
}

func TestTheSameUserIsLetInByASocketForIPv6(t *testing.T) {
	told, err := ask("IPv6", answering(t))
	if errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Skip("this machine has no IPv6")
	}
	if told != "hello" {
		t.Errorf("found %q, %v", told, err)
	}
}
