package main

import (
	"context"
	"fmt"
	"time"
)

const (
	// Everything that a node waits for takes about a second. Only a badly overloaded machine needs longer.
	patience = 3 * time.Minute
	interval = 50 * time.Millisecond
)

// wait retries until there is no error, and returns the last one at its time limit.
func wait(ctx context.Context, what string, ask func() error) error {
	for end := time.Now().Add(patience); ; time.Sleep(interval) {
		err := ask()
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Now().After(end) {
			return fmt.Errorf("waited %s for %s: %w", patience, what, err)
		}
	}
}
