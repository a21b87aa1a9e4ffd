package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"comeback/commerce"
	"comeback/service"
)

// backupCommand copies the embedded database to a file, also while the service runs.
func (p *program) backupCommand() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Copy the embedded database and its secret key to a file", Args: wanting(cobra.ExactArgs(1)),
		Long: "The file is a tar of the database, as of one moment, and of secret.key. With that key everything in it can be read:\n" +
			"store the file where only you can read it. A key in COMEBACK_SECRET_KEY is not part of it; store it apart.\n" +
			"The command calls a service that runs on the same COMEBACK_DATA, else it opens the database. It opens and\n" +
			"checks the copy before it ends. With MongoDB use mongodump.",
		RunE: func(cmd *cobra.Command, args []string) error {
			config, err := service.LoadConfig(p.env)
			if err != nil {
				return err
			}
			return p.backup(cmd.Context(), config, args[0])
		},
	}
}

// backup writes the file under another name first, so that a file of that name is
// whole and checked.
func (p *program) backup(ctx context.Context, config service.Config, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return commerce.Errorf(commerce.Conflict, "%s: exists; name another file", file)
	}
	draft, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	err = p.writeBackup(ctx, config, draft)
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := service.CheckBackup(ctx, config.Storage, p.process(), draft.Name()); err != nil {
		return fmt.Errorf("the copy is no good and is removed: %w", err)
	}
	if err := os.Link(draft.Name(), file); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s: written and checked\n", file)
	if config.Storage.SecretKey == "" {
		fmt.Fprintf(p.stdout, "It contains the secret key, with which all personal data can be read. Store it safely.\n")
	} else {
		fmt.Fprintf(p.stdout, "It does not contain COMEBACK_SECRET_KEY, without which it is useless. Store the key apart from it.\n")
	}
	return nil
}

func (p *program) writeBackup(ctx context.Context, config service.Config, w io.Writer) error {
	db, running, err := p.reach(ctx, config)
	if err != nil {
		return err
	}
	if running != nil {
		return running.Download(ctx, "/v1/backup", w)
	}
	return errors.Join(db.Backup(ctx, config.Storage, w), db.Close())
}

// restoreCommand makes COMEBACK_DATA of a backup.
func (p *program) restoreCommand() *cobra.Command {
	return &cobra.Command{
		Use: "restore FILE", Short: "Make an empty COMEBACK_DATA of a backup, and check it", Args: wanting(cobra.ExactArgs(1)),
		Long: "COMEBACK_DATA must not exist or be empty. What was due after the backup was made is due again: see docs/operations.md.",
		RunE: func(cmd *cobra.Command, args []string) error {
			config, err := service.LoadConfig(p.env)
			if err != nil {
				return err
			}
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer file.Close()
			if err := service.Restore(cmd.Context(), config.Storage, p.process(), file); err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "%s: restored and checked\n", config.Storage.Data)
			return nil
		},
	}
}
