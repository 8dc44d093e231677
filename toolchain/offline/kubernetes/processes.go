package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const logFolder = "/var/log"

// processes are the programs of this node. None of them may end before the node does.
type processes struct {
	running []*exec.Cmd
	// ended receives one error for every program that ended.
	ended chan error
}

func newProcesses() *processes { return &processes{ended: make(chan error, 16)} }

// start runs a program in the background. Its output goes to /var/log/<name>.log.
func (p *processes) start(name string, args ...string) error {
	logFile := fmt.Sprintf("%s/%s.log", logFolder, name)
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(name, args...)
	command.Stdout, command.Stderr = log, log
	// While a cluster starts, there is plenty of memory but not of cores, so collect garbage less often.
	command.Env = append(os.Environ(), "GOGC=400")
	if err := command.Start(); err != nil {
		return fmt.Errorf("%s does not start: %w", name, err)
	}
	p.running = append(p.running, command)
	go func() {
		err := command.Wait()
		p.ended <- fmt.Errorf("the last lines of %s:\n%s\nk3s: %s has ended (%v), so this node ends", logFile, lastLines(logFile, 15), name, err)
	}()
	return nil
}

// watch runs background work of this program. It may not fail before the node ends, either.
func (p *processes) watch(what string, work func() error) {
	go func() {
		if err := work(); err != nil {
			p.ended <- fmt.Errorf("%s has ended (%w), so this node ends", what, err)
		}
	}()
}

// stop ends all programs, last started first, each with a second to end by itself.
func (p *processes) stop() {
	for i := len(p.running) - 1; i >= 0; i-- {
		p.running[i].Process.Signal(syscall.SIGTERM)
	}
	timeout := time.After(time.Second)
	for range p.running {
		select {
		case <-p.ended:
		case <-timeout:
			for _, command := range p.running {
				command.Process.Kill()
			}
			return
		}
	}
}

func lastLines(file string, count int) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
