package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

var ctx = context.Background()

const urn = resource.URN("urn:pulumi:dev::pi-speedup::command:local:Command::answer")

type properties map[string]any

func toMap(p properties) resource.PropertyMap {
	inputs := properties{"addPreviousOutputInEnv": false, "logging": "stderr"}
	for key, value := range p {
		inputs[key] = value
	}
	return resource.NewPropertyMapFromMap(inputs)
}

func newProvider() (*commandProvider, *[]string) {
	var logged []string
	return &commandProvider{commands: newCommands(), log: func(_ resource.URN, line string) { logged = append(logged, line) }}, &logged
}

func create(t *testing.T, p *commandProvider, inputs properties) plugin.CreateResponse {
	t.Helper()
	made, err := p.Create(ctx, plugin.CreateRequest{URN: urn, Type: resourceType, Properties: toMap(inputs)})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func equal[T comparable](t *testing.T, found, expected T) {
	t.Helper()
	if found != expected {
		t.Errorf("found %v, expected %v", found, expected)
	}
}

func TestACommandGetsItsInputAndItsOutputIsKeptWithoutTheLastNewline(t *testing.T) {
	p, _ := newProvider()
	made := create(t, p, properties{"create": "cat; echo; echo warning >&2", "stdin": "42"})
	equal(t, text(made.Properties, "stdout"), "42")
	equal(t, text(made.Properties, "stderr"), "warning")
	equal(t, text(made.Properties, "create"), "cat; echo; echo warning >&2")
	equal(t, strings.HasPrefix(string(made.ID), "answer") && len(made.ID) == len("answer")+8, true)
}

func TestOnlyTheStreamThatIsAskedForIsShown(t *testing.T) {
	for logging, expected := range map[string]string{"stderr": "[e f]", "stdout": "[o]", "none": "[]", "stdoutAndStderr": "[o e f]"} {
		p, logged := newProvider()
		create(t, p, properties{"create": "echo o; sleep 0.1; echo e >&2; printf f >&2", "logging": logging})
		equal(t, fmt.Sprint(*logged), expected)
	}
}

func TestAFailureHoldsStatusCommandAndAllThatWasPrinted(t *testing.T) {
	p, _ := newProvider()
	_, err := p.Create(ctx, plugin.CreateRequest{URN: urn, Properties: toMap(properties{"create": "echo o; sleep 0.1; echo e >&2; exit 3"})})
	equal(t, err.Error(), "exit status 3: running \"echo o; sleep 0.1; echo e >&2; exit 3\":\no\ne\n")
}

func TestACommandThatReadsNothingOfALargeInputDoesNotFail(t *testing.T) {
	p, _ := newProvider()
	made := create(t, p, properties{"create": "echo done", "stdin": strings.Repeat("x", 10_000_000)})
	equal(t, text(made.Properties, "stdout"), "done")
}

func TestWhatComesOfASecretIsSecret(t *testing.T) {
	p, _ := newProvider()
	inputs := toMap(properties{"create": "cat"})
	inputs["stdin"] = resource.MakeSecret(resource.NewProperty("kubeconfig"))
	made, err := p.Create(ctx, plugin.CreateRequest{URN: urn, Properties: inputs})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, made.Properties["stdout"].IsSecret(), true)
	equal(t, text(made.Properties, "stdout"), "kubeconfig")
	equal(t, create(t, p, properties{"create": "cat"}).Properties["stdout"].IsSecret(), false)
}

func TestAPreviewRunsNothingAndKnowsNoOutput(t *testing.T) {
	p, _ := newProvider()
	trap := filepath.Join(t.TempDir(), "trap")
	request := plugin.CreateRequest{URN: urn, Properties: toMap(properties{"create": "touch " + trap}), Preview: true}
	made, err := p.Create(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, made.Properties["stdout"].IsComputed(), true)
	if _, err := os.Stat(trap); err == nil {
		t.Error("the command ran")
	}
}

func TestAnUpdateRunsItsOwnCommandElseTheCreatingOne(t *testing.T) {
	p, _ := newProvider()
	for expected, inputs := range map[string]properties{
		"updated": {"create": "echo created", "update": "echo updated"},
		"created": {"create": "echo created"},
		"before":  {},
	} {
		before := toMap(properties{"stdout": "before"})
		made, err := p.Update(ctx, plugin.UpdateRequest{URN: urn, OldOutputs: before, NewInputs: toMap(inputs)})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, text(made.Properties, "stdout"), expected)
	}
}

func TestADeletionRunsTheCommandOfTheState(t *testing.T) {
	p, _ := newProvider()
	trace := filepath.Join(t.TempDir(), "trace")
	state := toMap(properties{"create": "false", "delete": "cat > " + trace, "stdin": "name"})
	if _, err := p.Delete(ctx, plugin.DeleteRequest{URN: urn, Outputs: state}); err != nil {
		t.Fatal(err)
	}
	written, _ := os.ReadFile(trace)
	equal(t, string(written), "name")
}

func TestOnlyChangedTriggersReplace(t *testing.T) {
	p, _ := newProvider()
	before := properties{"create": "a", "stdin": "s", "triggers": []any{"1"}}
	for name, c := range map[string]struct {
		after    properties
		changes  plugin.DiffChanges
		replaces int
	}{
		"nothing":  {before, plugin.DiffNone, 0},
		"command":  {properties{"create": "b", "stdin": "s", "triggers": []any{"1"}}, plugin.DiffSome, 0},
		"input":    {properties{"create": "a", "stdin": "t", "triggers": []any{"1"}}, plugin.DiffSome, 0},
		"triggers": {properties{"create": "a", "stdin": "s", "triggers": []any{"2"}}, plugin.DiffSome, 1},
		"another":  {properties{"create": "a", "stdin": "s", "triggers": []any{"1", "2"}}, plugin.DiffSome, 1},
		"none":     {properties{"create": "a", "stdin": "s"}, plugin.DiffSome, 1},
	} {
		t.Run(name, func(t *testing.T) {
			diff, err := p.Diff(ctx, plugin.DiffRequest{URN: urn, OldInputs: toMap(before), NewInputs: toMap(c.after)})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, diff.Changes, c.changes)
			equal(t, len(diff.ReplaceKeys), c.replaces)
		})
	}
}

func TestSecrecyAloneIsNoChange(t *testing.T) {
	p, _ := newProvider()
	plainInputs, secretInputs := toMap(properties{"create": "a", "stdin": "s"}), toMap(properties{"create": "a"})
	secretInputs["stdin"] = resource.MakeSecret(resource.NewProperty("s"))
	diff, err := p.Diff(ctx, plugin.DiffRequest{URN: urn, OldInputs: plainInputs, NewInputs: secretInputs})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, diff.Changes, plugin.DiffNone)
}

func TestWhatItDoesNotKnowIsRefusedWithoutQuotingIt(t *testing.T) {
	p, _ := newProvider()
	for property, value := range map[string]any{
		"dir": "/secret", "environment": map[string]any{"A": "secret"}, "interpreter": []any{"secret"},
		"logging": "secret", "create": 1.0, "addPreviousOutputInEnv": true,
	} {
		response, err := p.Check(ctx, plugin.CheckRequest{URN: urn, Type: resourceType, News: toMap(properties{property: value})})
		if err != nil {
			t.Fatal(err)
		}
		if len(response.Failures) != 1 || string(response.Failures[0].Property) != property {
			t.Errorf("%s: %v", property, response.Failures)
		} else if strings.Contains(response.Failures[0].Reason, "secret") {
			t.Errorf("%s is quoted: %s", property, response.Failures[0].Reason)
		}
	}
	if _, err := p.Check(ctx, plugin.CheckRequest{URN: urn, Type: "command:remote:Command", News: toMap(nil)}); err == nil {
		t.Error("another type of resource was accepted")
	}
}

func TestInputsThatAreUnknownYetAreCheckedWhenTheyAreKnown(t *testing.T) {
	p, _ := newProvider()
	news := toMap(properties{"create": "a"})
	news["stdin"] = unknown
	news["triggers"] = resource.NewProperty([]resource.PropertyValue{unknown})
	response, err := p.Check(ctx, plugin.CheckRequest{URN: urn, Type: resourceType, News: news})
	if err != nil || len(response.Failures) > 0 {
		t.Error(err, response.Failures)
	}
}

// ended is whether no process of that number runs; one that nobody has collected yet does not.
func ended(t *testing.T, pidFile string) bool {
	t.Helper()
	var pid int
	written, _ := os.ReadFile(pidFile)
	if _, err := fmt.Sscan(string(written), &pid); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			return true
		}
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && strings.Contains(string(stat), ") Z ") {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}

func TestACancelledCommandGoesWithAllThatItStarted(t *testing.T) {
	p, _ := newProvider()
	pidFile := filepath.Join(t.TempDir(), "pid")
	command := fmt.Sprintf("sleep 100 & echo $! > %s; wait", pidFile)
	failed := make(chan error)
	go func() {
		_, err := p.Create(ctx, plugin.CreateRequest{URN: urn, Properties: toMap(properties{"create": command})})
		failed <- err
	}()
	for {
		if written, _ := os.ReadFile(pidFile); len(written) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := p.SignalCancellation(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "signal: killed") {
		t.Error(err)
	}
	equal(t, ended(t, pidFile), true)
	if _, err := p.Create(ctx, plugin.CreateRequest{URN: urn, Properties: toMap(properties{"create": "true"})}); err == nil {
		t.Error("a command was started after the cancellation")
	}
}

func TestACommandEndsWithTheConnectionToTheEngine(t *testing.T) {
	p, _ := newProvider()
	pidFile := filepath.Join(t.TempDir(), "pid")
	command := fmt.Sprintf("sleep 100 & echo $! > %s; wait", pidFile)
	connection, breaks := context.WithTimeout(ctx, time.Second)
	defer breaks()
	_, err := p.Create(connection, plugin.CreateRequest{URN: urn, Properties: toMap(properties{"create": command})})
	equal(t, err != nil, true)
	equal(t, ended(t, pidFile), true)
}

func TestTheResourcesTimeoutEndsACommandAndAllThatItStarted(t *testing.T) {
	p, _ := newProvider()
	pidFile := filepath.Join(t.TempDir(), "pid")
	command := fmt.Sprintf("sleep 100 & echo $! > %s; wait", pidFile)
	begun := time.Now()
	_, err := p.Create(ctx, plugin.CreateRequest{URN: urn, Properties: toMap(properties{"create": command}), Timeout: 0.5})
	equal(t, err != nil, true)
	equal(t, time.Since(begun) < 20*time.Second, true)
	equal(t, ended(t, pidFile), true)
}

func TestAProcessThatIsLeftBehindDoesNotHoldUpACommandThatIsDone(t *testing.T) {
	p, _ := newProvider()
	begun := time.Now()
	made := create(t, p, properties{"create": "sleep 20 & echo done"})
	equal(t, text(made.Properties, "stdout"), "done")
	equal(t, time.Since(begun) < 15*time.Second, true)
}
