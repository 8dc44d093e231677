// Pulumi's official Kubernetes plugin, from its Go module. Its own main program embeds files that the module lacks: the
// schemas of all resources, which editors and code generators need, but not the engine.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

const module = "github.com/pulumi/pulumi-kubernetes/provider/v4"

func main() {
	version, err := version()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-kubernetes:", err)
		os.Exit(1)
	}
	provider.Serve("kubernetes", version, []byte(`{"name":"kubernetes"}`), []byte(`{}`))
}

// version is the module's own, as recorded by the build.
func version() (string, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", fmt.Errorf("this program was built without modules, so it does not know its version")
	}
	for _, dependency := range info.Deps {
		if dependency.Path == module {
			return strings.TrimPrefix(dependency.Version, "v"), nil
		}
	}
	return "", fmt.Errorf("this program was built without %s", module)
}
