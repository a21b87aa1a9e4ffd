// Command comeback brings a shop's customers back. README.md says what it does,
// ARCHITECTURE.md how. Package main has one file for each command. It owns the
// command line, the signals and both clocks. Package service reads the settings
// and connects the parts. Main has no rule of the business.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // shops have time zones on machines that have none

	"github.com/spf13/cobra"

	"comeback/commerce"
	"comeback/jobs"
	"comeback/service"
)

// Exit codes. 1 is a result: a wrong campaign, refused lines, an unhealthy service. 2 is
// a mistake in the command line or the settings. 3 may pass by itself; a stopped import is
// completed by running it again.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitUnavailable = 3
)

func main() {
	// A second signal ends the process at once: stop restores the default.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	p := &program{
		env: os.Environ(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		now: time.Now, wall: time.Now,
	}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// program is the environment of the commands. Nothing else in the binary reads the
// environment, the clock or the terminal.
type program struct {
	env            []string
	stdin          io.Reader
	stdout, stderr io.Writer

	now  func() time.Time // clock of due times; the demo steps it
	wall func() time.Time // clock of leases, time-outs and signatures
}

// process gives the program's clocks and error output to the service.
func (p *program) process() service.Process {
	return service.Process{Now: p.now, Wall: p.wall, Deadline: deadline, Log: p.stderr}
}

// deadline is the machine's time after d.
func deadline(d time.Duration) time.Time { return time.Now().Add(d) }

// run carries out one command line and returns the exit code. It prints the error; no
// other code prints errors.
func (p *program) run(ctx context.Context, args []string) int {
	root := p.root()
	root.SetArgs(args)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintln(p.stderr, "comeback:", err)
	}
	return exitCode(err)
}

// errReported ends a command that has printed its findings already.
var errReported = errors.New("reported")

func exitCode(err error) int {
	if stopped := (jobs.Stopped{}); errors.As(err, &stopped) {
		return exitUnavailable
	}
	switch commerce.CodeOf(err) {
	case commerce.Invalid, commerce.Unsupported:
		return exitUsage
	case commerce.Unavailable:
		return exitUnavailable
	}
	return exitFailed
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "comeback",
		Short: "Brings a shop's customers back",
		Long: "Comeback turns a shop's webhooks into reminders, follow-ups and win-backs, and measures their revenue.\n" +
			"Settings are environment variables that begin with COMEBACK_: see docs/operations.md.",
		SilenceErrors: true, SilenceUsage: true, Version: service.Version(),
		Args: wanting(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("comeback {{.Version}}\n") // as the command version prints it
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return commerce.Errorf(commerce.Invalid, "%w; see %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(commands(p)...)
	return root
}

// wanting makes a wrong number of arguments an Invalid error with the help command.
func wanting(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return commerce.Errorf(commerce.Invalid, "%w; see %s --help", err, cmd.CommandPath())
		}
		return nil
	}
}
