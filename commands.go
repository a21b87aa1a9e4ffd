package main

import "github.com/spf13/cobra"

// commands are all of them, in the order of the help: one file each.
func commands(p *program) []*cobra.Command {
	return []*cobra.Command{
		p.serveCommand(), p.demoCommand(), p.validateCommand(), p.importCommand(), p.segmentCommand(), p.keysCommand(), p.schemaCommand(), p.versionCommand(), p.healthzCommand(),
	}
}
