package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/contract"
)

const resourceType = tokens.Type("command:local:Command")

// commandProvider answers the engine. Its properties may be secret or, in a preview, unknown.
type commandProvider struct {
	plugin.UnimplementedProvider
	commands *commands
	// log shows a line next to the resource while it is processed.
	log func(urn resource.URN, line string)
}

func (p *commandProvider) Close() error { return nil }

func (p *commandProvider) Pkg() tokens.Package { return "command" }

func (p *commandProvider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	v, err := semver.Parse(version)
	return plugin.PluginInfo{Version: &v}, err
}

func (p *commandProvider) SignalCancellation(context.Context) error {
	p.commands.killAll()
	return nil
}

func (p *commandProvider) CheckConfig(_ context.Context, req plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	return plugin.CheckConfigResponse{Properties: req.News}, nil
}

func (p *commandProvider) DiffConfig(context.Context, plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return plugin.DiffConfigResponse{Changes: plugin.DiffNone}, nil
}

func (p *commandProvider) Configure(context.Context, plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	return plugin.ConfigureResponse{}, nil
}

// known are the inputs that this substitute understands, each with the allowed values.
var known = map[resource.PropertyKey]func(resource.PropertyValue) bool{
	"create":                 resource.PropertyValue.IsString,
	"update":                 resource.PropertyValue.IsString,
	"delete":                 resource.PropertyValue.IsString,
	"stdin":                  resource.PropertyValue.IsString,
	"triggers":               resource.PropertyValue.IsArray,
	"logging":                func(v resource.PropertyValue) bool { return v.IsString() && slices.Contains(loggings, v.StringValue()) },
	"addPreviousOutputInEnv": func(v resource.PropertyValue) bool { return v.IsBool() && !v.BoolValue() },
}

func (p *commandProvider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	if req.Type != resourceType {
		return plugin.CheckResponse{}, fmt.Errorf(
			"%s is not known to pi-speedup's substitute for the Command plugin, only %s is: use the official plugin", req.Type, resourceType)
	}
	response := plugin.CheckResponse{Properties: req.News}
	for _, key := range req.News.StableKeys() {
		value := plain(req.News[key])
		if strings.HasPrefix(string(key), "__") || value.IsComputed() || value.IsOutput() {
			continue
		}
		if isRight, ok := known[key]; !ok || !isRight(value) {
			// The value is left out, because it may be secret.
			response.Failures = append(response.Failures, plugin.CheckFailure{Property: key,
				Reason: fmt.Sprintf("%s: pi-speedup's substitute for the Command plugin does not know it, or not with this value. Use the official plugin.", key)})
		}
	}
	if !req.News.HasValue("addPreviousOutputInEnv") {
		response.Failures = append(response.Failures, plugin.CheckFailure{Property: "addPreviousOutputInEnv",
			Reason: "addPreviousOutputInEnv: pi-speedup's substitute for the Command plugin needs false. Set it, or use the official plugin."})
	}
	return response, nil
}

func (p *commandProvider) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	objectDiff := ownInputs(req.OldInputs).Diff(ownInputs(req.NewInputs))
	if objectDiff == nil {
		return plugin.DiffResponse{Changes: plugin.DiffNone}, nil
	}
	response := plugin.DiffResponse{
		Changes:      plugin.DiffSome,
		ChangedKeys:  objectDiff.ChangedKeys(),
		DetailedDiff: plugin.NewDetailedDiffFromObjectDiff(objectDiff, true),
	}
	if slices.Contains(response.ChangedKeys, "triggers") {
		response.ReplaceKeys = []resource.PropertyKey{"triggers"}
		for path, change := range response.DetailedDiff {
			if strings.HasPrefix(path, "triggers") {
				response.DetailedDiff[path] = change.ToReplace()
			}
		}
	}
	return response, nil
}

// ownInputs are the inputs without secret marks and without what the SDK adds for itself.
func ownInputs(inputs resource.PropertyMap) resource.PropertyMap {
	own := resource.PropertyMap{}
	for key, value := range inputs {
		if !strings.HasPrefix(string(key), "__") && key != "version" {
			own[key] = plain(value)
		}
	}
	return own
}

func (p *commandProvider) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	random := make([]byte, 4)
	_, err := rand.Read(random)
	contract.AssertNoErrorf(err, "the system has no random numbers")
	response := plugin.CreateResponse{ID: resource.ID(req.URN.Name() + hex.EncodeToString(random))}
	command := text(req.Properties, "create")
	response.Properties, err = p.run(ctx, req.URN, command, req.Properties, nil, req.Preview, req.Timeout)
	response.Status = statusOf(err)
	return response, err
}

func (p *commandProvider) Update(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	command := text(req.NewInputs, "update")
	if command == "" {
		command = text(req.NewInputs, "create")
	}
	properties, err := p.run(ctx, req.URN, command, req.NewInputs, req.OldOutputs, req.Preview, req.Timeout)
	return plugin.UpdateResponse{Properties: properties, Status: statusOf(err)}, err
}

func (p *commandProvider) Delete(ctx context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	_, err := p.run(ctx, req.URN, text(req.Outputs, "delete"), req.Outputs, nil, false, req.Timeout)
	return plugin.DeleteResponse{Status: statusOf(err)}, err
}

func (p *commandProvider) Read(_ context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: req.ID, Inputs: req.Inputs, Outputs: req.State}}, nil
}

func (p *commandProvider) Invoke(_ context.Context, req plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	return plugin.InvokeResponse{}, fmt.Errorf("%s is not known to pi-speedup's substitute for the Command plugin, which has no functions: use the official plugin", req.Tok)
}

// run runs a command, if there is one, and ends it when the engine is gone, which cancels ctx. It returns the
// resource's new state: its inputs and the output. Without a command, it keeps the previous output.
func (p *commandProvider) run(
	ctx context.Context, urn resource.URN, command string, inputs, before resource.PropertyMap, preview bool, timeout float64,
) (resource.PropertyMap, error) {
	var printed [2]resource.PropertyValue
	switch {
	case preview:
		printed = [2]resource.PropertyValue{unknown, unknown}
	case command == "":
		printed = [2]resource.PropertyValue{resource.NewProperty(text(before, "stdout")), resource.NewProperty(text(before, "stderr"))}
	default:
		stdout, stderr, err := p.commands.run(ctx, command, runOptions{
			stdin:   text(inputs, "stdin"),
			logging: text(inputs, "logging"),
			timeout: time.Duration(timeout * float64(time.Second)),
			log:     func(line string) { p.log(urn, line) },
		})
		if err != nil {
			return nil, err
		}
		printed = [2]resource.PropertyValue{resource.NewProperty(stdout), resource.NewProperty(stderr)}
	}
	state := inputs.Copy()
	for i, key := range []resource.PropertyKey{"stdout", "stderr"} {
		state[key] = printed[i]
		// As in the official plugin, the result of secrets is secret.
		if inputs.ContainsSecrets() {
			state[key] = resource.MakeSecret(printed[i])
		}
	}
	return state, nil
}

var unknown = resource.MakeComputed(resource.NewProperty(""))

// text is a property that is a string; empty if it is none.
func text(properties resource.PropertyMap, key resource.PropertyKey) string {
	if value := plain(properties[key]); value.IsString() {
		return value.StringValue()
	}
	return ""
}

// plain is a value without secret marks, at any depth.
func plain(value resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return plain(value.SecretValue().Element)
	case value.IsArray():
		elements := make([]resource.PropertyValue, len(value.ArrayValue()))
		for i, element := range value.ArrayValue() {
			elements[i] = plain(element)
		}
		return resource.NewProperty(elements)
	case value.IsObject():
		object := resource.PropertyMap{}
		for key, element := range value.ObjectValue() {
			object[key] = plain(element)
		}
		return resource.NewProperty(object)
	default:
		return value
	}
}

func statusOf(err error) resource.Status {
	if err == nil {
		return resource.StatusOK
	}
	return resource.StatusUnknown
}
