package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/resource/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// loggings are the streams that may be shown while a command runs.
var loggings = []string{"stdout", "stderr", "stdoutAndStderr", "none"}

type runOptions struct {
	stdin   string
	logging string
	// timeout: 0 for none.
	timeout time.Duration
	log     func(line string)
}

// commands are the running ones, each in its own process group. None outlives the plugin, and neither does anything
// that it has started.
type commands struct {
	mutex  sync.Mutex
	groups map[int]bool
	// ended: no further command is started.
	ended bool
}

func newCommands() *commands { return &commands{groups: map[int]bool{}} }

// killAll ends all running commands, and prevents further ones from starting.
func (c *commands) killAll() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.ended = true
	for group := range c.groups {
		killGroup(group)
	}
}

// run runs a command in the plugin's folder, which is the project's, and returns its output, without the last newline
// of each stream. An error contains the complete output.
func (c *commands) run(ctx context.Context, command string, options runOptions) (stdout, stderr string, err error) {
	if options.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, options.timeout)
		defer cancel()
	}
	var both, out, errs bytes.Buffer
	var mutex sync.Mutex
	collect := func(stream *bytes.Buffer, name string) (io.Writer, *lineWriter) {
		lines := &lineWriter{log: func(string) {}}
		if options.logging == name || options.logging == "stdoutAndStderr" || options.logging == "" {
			lines.log = options.log
		}
		return &lockedWriter{&mutex, io.MultiWriter(stream, &both, lines)}, lines
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	// A process that was left behind may keep the pipes open.
	cmd.WaitDelay = 5 * time.Second
	cmd.Stdin = strings.NewReader(options.stdin)
	var outLines, errLines *lineWriter
	cmd.Stdout, outLines = collect(&out, "stdout")
	cmd.Stderr, errLines = collect(&errs, "stderr")
	fail := func(cause error) (string, string, error) {
		return "", "", fmt.Errorf("%w: running %q:\n%s", cause, command, both.String())
	}
	if err := c.start(cmd); err != nil {
		return fail(err)
	}
	err = cmd.Wait()
	c.forget(cmd.Process.Pid)
	outLines.flush()
	errLines.flush()
	// A command need not read its whole input, and processes that it leaves behind are not failures.
	if err != nil && !errors.Is(err, syscall.EPIPE) && !(errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState.Success()) {
		return fail(err)
	}
	return strings.TrimSuffix(out.String(), "\n"), strings.TrimSuffix(errs.String(), "\n"), nil
}

func (c *commands) start(cmd *exec.Cmd) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.ended {
		return errors.New("cancelled")
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.groups[cmd.Process.Pid] = true
	return nil
}

func (c *commands) forget(group int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.groups, group)
}

func killGroup(group int) error {
	if err := syscall.Kill(-group, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}

// lockedWriter keeps two streams from writing at the same time.
type lockedWriter struct {
	mutex *sync.Mutex
	to    io.Writer
}

func (w *lockedWriter) Write(data []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.to.Write(data)
}

// lineWriter passes its input on line by line.
type lineWriter struct {
	log  func(line string)
	rest []byte
}

func (w *lineWriter) Write(data []byte) (int, error) {
	w.rest = append(w.rest, data...)
	for {
		line, rest, found := bytes.Cut(w.rest, []byte("\n"))
		if !found {
			return len(data), nil
		}
		w.log(strings.TrimSuffix(string(line), "\r"))
		w.rest = rest
	}
}

func (w *lineWriter) flush() {
	if len(w.rest) > 0 {
		w.log(string(w.rest))
	}
}

// engineLog shows lines next to a resource. If one can't be delivered, the work must not fail.
func engineLog(host *provider.HostClient) func(resource.URN, string) {
	return func(urn resource.URN, line string) {
		if host != nil {
			_ = host.LogStatus(context.Background(), diag.Info, urn, line)
		}
	}
}
