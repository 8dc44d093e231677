package rpcutil

import (
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func TestAnotherUserIsHungUpOnHoweverItAsks(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	guarded := answering(t)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	go greet(plain)
	for _, way := range []string{"IPv4", "IPv6", "with its writing end closed"} {
		t.Run(way, func(t *testing.T) {
			// Pulumi's own way lets everybody in.
			for address, expected := range map[string]string{guarded: "", plain.Addr().String(): "hello"} {
				attack := exec.Command("/proc/self/exe")
				attack.Dir, attack.Env = "/", []string{"ASK=" + way, "ADDRESS=" + address}
				attack.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
				told, err := attack.Output()
				if err != nil || string(told) != expected {
					t.Errorf("expected %q, found %q, %v", expected, told, err)
				}
			}
		})
	}
}

func TestAConnectionThatIsClosedAtOnceIsNotTakenForOurs(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	peer, err := net.Dial("tcp", plain.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := plain.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := refuseOthers(conn); err != nil {
		t.Fatal(err)
	}
	peer.Close()
	if err := refuseOthers(conn); err == nil {
		t.Error("a closed connection is nobody's")
	}
}

// A stranger sends a request and resets the connection, which then waits to be accepted. Its address is free again at once, and
// a connection of ours gets it. What the table says of the address is true of ours alone.
func TestAConnectionThatWasResetIsNotTakenForTheOneThatHasItsAddressNow(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	stranger, err := net.Dial("tcp", plain.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Write([]byte("attack")); err != nil {
		t.Fatal(err)
	}
	if err := stranger.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	stranger.Close()
	ours, err := (&net.Dialer{LocalAddr: stranger.LocalAddr()}).Dial("tcp", plain.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	for _, expected := range []struct {
		whose string
		letIn bool
	}{{"the stranger's", false}, {"ours", true}} {
		conn, err := plain.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if conn.RemoteAddr().String() != ours.LocalAddr().String() {
			t.Fatalf("%s is from %s", expected.whose, conn.RemoteAddr())
		}
		if err := refuseOthers(conn); (err == nil) != expected.letIn {
			t.Errorf("%s: %v, and it sent %q", expected.whose, err, readNow(conn))
		}
	}
}

// readNow is what a connection has to be read already.
func readNow(conn net.Conn) string {
	conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	buffer := make([]byte, 100)
	n, _ := conn.Read(buffer)
	return string(buffer[:n])
}

func TestAnAddressOfTheTableIsRead(t *testing.T) {
	for text, expected := range map[string]string{
		"0100007F:1F90":                         "127.0.0.1:8080",
		"0000000000000000FFFF00000100007F:1F90": "127.0.0.1:8080",
		"00000000000000000000000001000000:0050": "[::1]:80",
	} {
		if found, ok := parseAddress(text); !ok || found.String() != expected {
			t.Errorf("%s: found %s", text, found)
		}
	}
	for _, text := range []string{"", ":", "0100007F", "0100007F:", "01007F:1F90", "0100007F:11F90", "nonsense:1F90"} {
		if found, ok := parseAddress(text); ok {
			t.Errorf("%q: found %s", text, found)
		}
	}
}
