package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/multistage-app/multistage/rewrite"
	"github.com/multistage-app/multistage/rewrite/dockerfile"
	"github.com/multistage-app/multistage/rewrite/plan"
)

type designFlags struct {
	context string
	with    []string
	format  string
	verify  bool
	harden  bool
	proof   proofFlags
}

func newDesign(prove prover) *cobra.Command {
	var flags designFlags
	cmd := &cobra.Command{
		Use:   "design [FILE]",
		Short: "Print the multi-stage version of a Dockerfile",
		Long: `Print the multi-stage version of a Dockerfile on standard output, and what was
found on standard error. FILE is ./Dockerfile by default; - is standard input
and needs --context.

Without --context the build context is what a compose file names for this
Dockerfile, else the nearest folder from the file's own up to the repository's
root that has every COPY source.

With --verify the rewrite is proven before it is printed, as 'multistage verify' does
it, with the same flags: one that fails is withdrawn, as a file that is refused.

With --harden a file whose single stage is right is printed with what makes the same
image smaller or its process better behaved, where there is something: exec form,
no caches of pip and apk, no lists of apt.

Exit status: 0 rewritten or hardened; 3 single-stage is right here, or the file is refused or
not applicable (the reason is on standard error); 2 wrong usage or unreadable
input; 1 failure.`,
		Example: `  multistage design
  multistage design --format diff services/api/Dockerfile
  multistage design --with lint,security --context . build/Dockerfile
  multistage design > Dockerfile.new
  multistage design --verify --format diff | git apply`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file := "Dockerfile"
			if len(args) == 1 {
				file = args[0]
			}
			return design(cmd, prove, file, flags)
		},
	}
	cmd.Flags().StringVar(&flags.context, "context", "", "build context, a `DIR` (default: found from compose files and COPY sources)")
	cmd.Flags().StringSliceVar(&flags.with, "with", nil, "extra `STAGES`: lint, integration-test, e2e, security, development")
	cmd.Flags().StringVar(&flags.format, "format", "dockerfile", "`FORMAT` of standard output: dockerfile, diff, json or sarif")
	cmd.Flags().BoolVar(&flags.verify, "verify", false, "prove the rewrite with a BuildKit daemon before it is printed")
	cmd.Flags().BoolVar(&flags.harden, "harden", false, "print a hardened file where a single stage is right")
	flags.proof.add(cmd)
	return cmd
}

func design(cmd *cobra.Command, prove prover, file string, flags designFlags) error {
	write, ok := formats[flags.format]
	if !ok {
		return usage("--format %s is not known: use dockerfile, diff, json or sarif", flags.format)
	}
	if err := knownStages(flags.with); err != nil {
		return err
	}
	if err := flags.proof.check(); err != nil {
		return err
	}
	in, err := locate(cmd.InOrStdin(), file, flags.context)
	if err != nil {
		return err
	}
	defer in.root.Close()
	result := rewrite.Rewrite(in.path, in.source, in.root.FS(), rewrite.Options{Context: in.context, With: flags.with})
	if flags.verify && result.Verdict == plan.Rewritten {
		return designProven(cmd, prove, in, result, flags)
	}
	hardened := flags.harden && result.Hardening != nil
	if hardened {
		result.Files = []rewrite.FileChange{{Path: result.Path, Before: in.source, After: result.Hardening.After}}
	}
	if err := write(cmd.OutOrStdout(), result); err != nil {
		return err
	}
	report(cmd.ErrOrStderr(), result)
	if result.Verdict != plan.Rewritten && !hardened {
		return exitError{code: exitFindings}
	}
	return nil
}

func knownStages(with []string) error {
	for _, stage := range with {
		switch stage {
		case "lint", "integration-test", "e2e", "security", "development":
		default:
			return usage("--with %s is not a stage: use lint, integration-test, e2e, security or development", stage)
		}
	}
	return nil
}

// input is a Dockerfile within its repository on disk.
type input struct {
	root    *os.Root // of the repository; links that leave it are not followed
	path    string   // of the Dockerfile from the root, slash-separated
	context string   // from the root; "" finds it
	source  []byte
}

// locate finds a Dockerfile's repository: the nearest folder above with a .git,
// else the build context, else the file's folder.
func locate(stdin io.Reader, file, context string) (*input, error) {
	if file == "-" {
		return fromStdin(stdin, context)
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	source, err := readCapped(abs)
	if err != nil {
		return nil, exitError{exitUsage, err}
	}
	top := repository(filepath.Dir(abs))
	if top == "" {
		top = filepath.Dir(abs)
		if context != "" {
			if top, err = common(context, abs); err != nil {
				return nil, err
			}
		}
	}
	return open(top, abs, context, source)
}

func fromStdin(stdin io.Reader, context string) (*input, error) {
	if context == "" {
		return nil, usage("standard input needs --context DIR: the folder that COPY takes files from")
	}
	source, err := io.ReadAll(io.LimitReader(stdin, dockerfile.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(context)
	if err != nil {
		return nil, err
	}
	top := repository(abs)
	if top == "" {
		top = abs
	}
	return open(top, filepath.Join(abs, "Dockerfile"), context, source)
}

func open(top, file, context string, source []byte) (*input, error) {
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, exitError{exitUsage, err}
	}
	in := &input{root: root, source: source}
	if in.path, err = relative(top, file); err != nil {
		return nil, err
	}
	if context == "" {
		return in, nil
	}
	info, err := os.Stat(context)
	if err != nil || !info.IsDir() {
		return nil, usage("--context %s is not a folder", context)
	}
	abs, err := filepath.Abs(context)
	if err != nil {
		return nil, err
	}
	in.context, err = relative(top, abs)
	return in, err
}

func relative(top, name string) (string, error) {
	rel, err := filepath.Rel(top, name)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", usage("%s is outside of %s, the repository of the Dockerfile", name, top)
	}
	return filepath.ToSlash(rel), nil
}

// common is the folder that holds both the context and the file, where there is
// no repository.
func common(context, file string) (string, error) {
	abs, err := filepath.Abs(context)
	if err != nil {
		return "", err
	}
	for dir := abs; ; dir = filepath.Dir(dir) {
		if _, err := relative(dir, file); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return dir, nil
		}
	}
}

// repository is the nearest folder at or above dir with a .git, "" for none.
func repository(dir string) string {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
		dir = filepath.Dir(dir)
	}
}

// readCapped reads a Dockerfile; one byte more than the limit is enough to know
// that it is too large.
func readCapped(name string) ([]byte, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s does not exist: name the Dockerfile as an argument", name)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder: name the Dockerfile in it", name)
	}
	return io.ReadAll(io.LimitReader(f, dockerfile.MaxBytes+1))
}
