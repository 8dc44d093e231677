// Package rpcutil: these files are added to Pulumi's own package of that name, in which all Pulumi programs open the
// ports on which they answer each other, without credentials. Anyone on the machine can ask a plugin to run a command.
// With these files, only the user who runs Pulumi can.
package rpcutil

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
)

// onlyOwnUser makes a listener hang up on other users' processes, if the system reports the owner of a connection.
// toolchain/offline/pulumi-sdk.ts inserts it where the server gets its listener.
func onlyOwnUser(listener net.Listener) net.Listener {
	return &ownUserListener{Listener: listener}
}

type ownUserListener struct {
	net.Listener
	// said: the refusal is reported only once, because otherwise another user could fill the terminal.
	said sync.Once
}

// Accept waits for the next connection of this process's own user.
func (l *ownUserListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		err = refuseOthers(conn)
		if err == nil {
			return conn, nil
		}
		_ = conn.Close()
		l.said.Do(func() {
			fmt.Fprintf(os.Stderr, "%s refused a connection to %s (%v). Find out which program on this machine tries it. [stranger-refused]\n",
				filepath.Base(os.Args[0]), l.Addr(), err)
		})
	}
}
