package main

import (
	"context"
	"fmt"
	"time"
)

const (
	// All that this node waits for comes within a second or so; only a machine with far too much to do needs longer.
	patience = 3 * time.Minute
	interval = 50 * time.Millisecond
)

// wait asks again and again until there is no error, and says the last one when patience ends.
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
