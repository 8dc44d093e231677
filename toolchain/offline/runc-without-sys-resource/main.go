// A runc for machines that lack CAP_SYS_RESOURCE. runc refuses to start a privileged container if it lacks one of its
// capabilities. This program removes that capability from the request and then becomes runc.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const missing = "CAP_SYS_RESOURCE"

type object = map[string]any

func main() {
	if err := becomeRunc(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "runc-without-sys-resource:", err)
		os.Exit(1)
	}
}

func becomeRunc(args []string) error {
	runc, err := exec.LookPath("runc")
	if err != nil {
		return err
	}
	switch {
	case slices.Contains(args, "create") || slices.Contains(args, "run"):
		config := filepath.Join(valueOf(args, "--bundle", "-b"), "config.json")
		err = edit(config, func(spec object) { withoutMissing(spec["process"]) })
	case slices.Contains(args, "exec"):
		if process := valueOf(args, "--process", "-p"); process != "" {
			err = edit(process, func(process object) { withoutMissing(process) })
		}
	}
	if err != nil {
		return err
	}
	return syscall.Exec(runc, append([]string{"runc"}, args...), os.Environ())
}

// valueOf finds the value of an option, as `--name value` or `--name=value`; empty if it is missing.
func valueOf(args []string, names ...string) string {
	for i, arg := range args {
		for _, name := range names {
			if value, found := strings.CutPrefix(arg, name+"="); found {
				return value
			}
			if arg == name && i+1 < len(args) {
				return args[i+1]
			}
		}
	}
	return ""
}

// withoutMissing removes the capability from all five sets of a process in the OCI runtime specification.
func withoutMissing(process any) {
	fields, _ := process.(object)
	sets, _ := fields["capabilities"].(object)
	for name, set := range sets {
		if list, ok := set.([]any); ok {
			sets[name] = slices.DeleteFunc(list, func(each any) bool { return each == missing })
		}
	}
}

func edit(file string, change func(object)) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var content object
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // device numbers and limits don't survive as floating point
	if err := decoder.Decode(&content); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	change(content)
	text, err = json.Marshal(content)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
