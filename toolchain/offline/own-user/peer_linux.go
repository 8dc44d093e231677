package rpcutil

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// The kernel lists connections by the family of the socket, and a socket for IPv6 can connect to an address of IPv4.
var connectionTables = []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"}

// tcpEstablished is a state of the table. In every other one the row may no longer name who opened the connection: one
// that was closed belongs to nobody, which is written as user 0.
const tcpEstablished = "01"

// refuseOthers returns an error where the other end of a connection within this machine is not this process's user, or can't be told.
func refuseOthers(conn net.Conn) error {
	uid, err := peerUser(conn)
	if err != nil {
		return err
	}
	if own := os.Geteuid(); uid != own {
		return fmt.Errorf("it is user %d's, and only user %d may ask this program", uid, own)
	}
	return nil
}

// peerUser is the user who has opened the other end of a connection within this machine.
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
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, errNoSuchConnection) {
			continue
		}
		return uid, err
	}
	return 0, errNoSuchConnection
}

var errNoSuchConnection = errors.New("the system does not tell whose it is")

// findUser looks in one table for the end that is at `from` and is connected to `to`.
func findUser(table string, from, to netip.AddrPort) (int, error) {
	file, err := os.Open(table)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	rows := bufio.NewScanner(file)
	for rows.Scan() {
		// sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
		fields := strings.Fields(rows.Text())
		if len(fields) < 10 || fields[3] != tcpEstablished || fields[9] == "0" {
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
	return 0, errNoSuchConnection
}

func addressOf(address net.Addr) (netip.AddrPort, error) {
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}, errNoSuchConnection
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
	// All machines that Pulumi is made for write the least byte first.
	for i := 0; i < len(bytes); i += 4 {
		bytes[i], bytes[i+1], bytes[i+2], bytes[i+3] = bytes[i+3], bytes[i+2], bytes[i+1], bytes[i]
	}
	address, ok := netip.AddrFromSlice(bytes)
	return netip.AddrPortFrom(address.Unmap(), uint16(number)), ok
}

func programName() string { return filepath.Base(os.Args[0]) }
