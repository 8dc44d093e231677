// The substitute for Pulumi's Command plugin, which is in no package registry. It implements local.Command as far as
// pi-speedup uses it, with the behaviour of version 1.2.1 of the plugin. It refuses everything else.
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

// version is that of the replaced plugin, set by the linker. Pulumi requires one that is not older than the SDK's.
var version = "0.0.0"

func main() {
	commands := newCommands()
	ends := make(chan os.Signal, 1)
	signal.Notify(ends, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		for end := range ends {
			commands.killAll()
			// With an interrupt, the engine lets the plugin end properly, which waits for the commands.
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
