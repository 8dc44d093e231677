package rpcutil

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// The kernel lists connections by the family of the socket, and an IPv6 socket can connect to an IPv4 address.
var connectionTables = []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"}

// tcpEstablished is the state of a connection that is open at both ends. In any other state, a row of the table may no
// longer name the owner: a closed connection belongs to nobody, which is written as user 0.
const tcpEstablished = 1

// refuseOthers returns an error unless the other end of a local connection certainly belongs to this process's user.
func refuseOthers(conn net.Conn) error {
	uid, err := peerUser(conn)
	if err != nil {
		return err
	}
	if own := os.Geteuid(); uid != own {
		return fmt.Errorf("it is user %d's, and only user %d may ask this program", uid, own)
	}
	// The table is searched by address, and an address is free again as soon as its connection is reset, while data that
	// was sent stays readable here. So the row belongs to this connection only if it is still open afterwards.
	return requireOpen(conn)
}

// requireOpen returns an error if one of the two ends has closed or reset the connection.
func requireOpen(conn net.Conn) error {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return errNotTold
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var info *unix.TCPInfo
	var infoError error
	if err := raw.Control(func(fd uintptr) {
		info, infoError = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	}); err != nil {
		return err
	}
	if infoError != nil {
		return infoError
	}
	if info.State != tcpEstablished {
		return errNotTold
	}
	return nil
}

// peerUser is the user who opened the other end of a local connection.
func peerUser(conn net.Conn) (int, error) {
	peer, err := addressOf(conn.RemoteAddr())
	if err != nil {
		return 0, err
	}
	own, err := addressOf(conn.LocalAddr())
	if err != nil {
		return 0, err
	}
	for _, table := range connectionTables {
		uid, err := findUser(table, peer, own)
		// A machine without IPv6 has no second table.
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, errNotTold) {
			continue
		}
		return uid, err
	}
	return 0, errNotTold
}

var errNotTold = errors.New("the system does not tell whose it is")

// findUser searches one table for the end that is at `from` and is connected to `to`.
func findUser(table string, from, to netip.AddrPort) (int, error) {
	file, err := os.Open(table)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	state := fmt.Sprintf("%02X", tcpEstablished)
	rows := bufio.NewScanner(file)
	for rows.Scan() {
		// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
		fields := strings.Fields(rows.Text())
		if len(fields) < 10 || fields[3] != state || fields[9] == "0" {
			continue
		}
		if at, ok := parseAddress(fields[1]); !ok || at != from {
			continue
		}
		if at, ok := parseAddress(fields[2]); !ok || at != to {
			continue
		}
		return strconv.Atoi(fields[7])
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	return 0, errNotTold
}

func addressOf(address net.Addr) (netip.AddrPort, error) {
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}, errNotTold
	}
	at := tcp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap().WithZone(""), at.Port()), nil
}

// parseAddress reads "0100007F:1F90": words of four bytes in the machine's own order, then the port.
func parseAddress(text string) (netip.AddrPort, bool) {
	host, port, _ := strings.Cut(text, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	bytes, err := hex.DecodeString(host)
	if err != nil || len(bytes)%4 != 0 {
		return netip.AddrPort{}, false
	}
	// All machines that Pulumi supports are little-endian.
	for i := 0; i < len(bytes); i += 4 {
		bytes[i], bytes[i+1], bytes[i+2], bytes[i+3] = bytes[i+3], bytes[i+2], bytes[i+1], bytes[i]
	}
	address, ok := netip.AddrFromSlice(bytes)
	return netip.AddrPortFrom(address.Unmap(), uint16(number)), ok
}
