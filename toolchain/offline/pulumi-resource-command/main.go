// The substitute for Pulumi's Command plugin, which is in no package registry: local.Command as pi-speedup uses it, and
// nothing else. What it does is what version 1.2.1 of the plugin does; what it does not know it refuses.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/pulumi/pulumi/pkg/v3/resource/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// version is that of the plugin it stands in for, set by the linker; Pulumi wants one that is not older than the SDK's.
var version = "0.0.0"

func main() {
	commands := newCommands()
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		for end := range ends {
			commands.killAll()
			// By an interrupt the engine lets the plugin end in order, which waits for the commands.
			if end != os.Interrupt {
				os.Exit(1)
			}
		}
	}()
	err := provider.Main("command", func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return plugin.NewProviderServer(&commandProvider{commands: commands, log: engineLog(host)}), nil
	})
	commands.killAll()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-command:", err)
		os.Exit(1)
	}
}
