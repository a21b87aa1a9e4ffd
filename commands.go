package main

import "github.com/spf13/cobra"

// commands are all commands in the order of the help, each with its own file.
func commands(p *program) []*cobra.Command {
	return []*cobra.Command{
		p.serveCommand(), p.demoCommand(), p.validateCommand(), p.importCommand(), p.segmentCommand(), p.keysCommand(), p.sendingCommand(),
		p.backupCommand(), p.restoreCommand(), p.migrateCommand(),
		p.schemaCommand(), p.versionCommand(), p.healthzCommand(),
	}
}
