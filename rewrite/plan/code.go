package plan

// Verdict is the kind of answer to "should this file have several stages?".
type Verdict string

// The verdicts.
const (
	Rewritten     Verdict = "rewrite"        // here is the file
	Acceptable    Verdict = "acceptable"     // single-stage is right here
	Refused       Verdict = "refused"        // it would pay, but one thing is not understood
	NotApplicable Verdict = "not-applicable" // already multi-stage, a template, not a Dockerfile
)

// Code is the reason of a verdict other than Rewritten: words, not numbers.
type Code string

// The codes. Codes has their verdicts and words.
const (
	DevContainer      Code = "dev-container"
	BaseImage         Code = "base-image"
	Repackaged        Code = "repackaged"
	PlainInterpreted  Code = "plain-interpreted"
	AlreadyMinimal    Code = "already-minimal"
	ToolchainProduct  Code = "toolchain-product"
	ProcessManager    Code = "process-manager"
	NotebookOrCUDA    Code = "notebook-or-cuda"
	CompilesAtRuntime Code = "compiles-at-runtime"
	SmallSaving       Code = "small-saving"

	MultiStage     Code = "multi-stage"
	Template       Code = "template"
	NotADockerfile Code = "not-a-dockerfile"
	ForeignSyntax  Code = "foreign-syntax"
	Windows        Code = "windows"
	Ignored        Code = "ignored"

	Unparsable          Code = "unparsable"
	UnknownBase         Code = "unknown-base"
	UnknownWriteSet     Code = "unknown-write-set"
	StartUnknown        Code = "start-unknown"
	NeedsBuildTool      Code = "needs-build-tool"
	Onbuild             Code = "onbuild"
	BrokenOriginal      Code = "broken-original"
	TreeTooLarge        Code = "tree-too-large"
	UnsupportedLanguage Code = "unsupported-language"
	ProofFailed         Code = "proof-failed"
)

// CodeInfo is what a person is told about a code.
type CodeInfo struct {
	Code    Code
	Verdict Verdict
	Title   string // one line, lower case, no full stop
	Explain string // a paragraph: what it means, what it rests on, what to do
}

// Codes is the one table of codes, in the order of the design document.
var Codes = []CodeInfo{
	{DevContainer, Acceptable, "a development container",
		"The image is meant for working in: it lies under .devcontainer, is named for development, or starts a shell or a development server over mounted sources. Its tools are its purpose, so nothing would be left to remove."},
	{BaseImage, Acceptable, "a base, toolchain or CI image",
		"No application source is copied in, or other Dockerfiles build FROM this image. What it installs is what its users want from it."},
	{Repackaged, Acceptable, "a third-party image with configuration",
		"The file takes a finished product, such as a database or a web server, and adds configuration. There is no build whose tools could be left behind."},
	{PlainInterpreted, Acceptable, "an interpreted program without build tools",
		"The base is slim, only what the program needs at run time is installed, and nothing is compiled. A second stage would copy the same files once more."},
	{AlreadyMinimal, Acceptable, "already minimal",
		"The base is scratch, distroless or as small, and the artifact is built elsewhere. There is nothing to leave behind."},
	{ToolchainProduct, Acceptable, "the toolchain is the product",
		"The image starts a compiler, package manager or other tool of the build side, so that side has to stay."},
	{ProcessManager, Acceptable, "several processes under an init",
		"supervisord, s6, systemd or cron start more than one process here. Each has needs of its own that the file alone does not show, so stages are not proposed."},
	{NotebookOrCUDA, Acceptable, "a notebook or CUDA image",
		"Interactive kernels and CUDA libraries compile at run time; what looks like a build tool is needed there."},
	{CompilesAtRuntime, Acceptable, "compiles at run time by design",
		"The start command builds or reloads the sources (a development server, a watch mode), and the project has no other way to start. The toolchain is therefore part of the running program."},
	{SmallSaving, Acceptable, "too little to gain",
		"The expected saving is below 15 % and 30 MB, and there is no compiler, development dependency or secret in the image that would be a reason of its own."},
	{MultiStage, NotApplicable, "already multi-stage",
		"The last stage copies from another stage. Multistage designs single-stage files only."},
	{Template, NotApplicable, "a template",
		"The file holds placeholders of a template language, so it is not a Dockerfile before somebody renders it."},
	{NotADockerfile, NotApplicable, "not a Dockerfile",
		"The file has a Dockerfile's name but holds no FROM, or is empty."},
	{ForeignSyntax, NotApplicable, "another frontend's syntax",
		"The # syntax line names a frontend other than docker/dockerfile, whose rules are not known here."},
	{Windows, NotApplicable, "a Windows container",
		"Windows images follow other rules for layers, users and shells; they are left alone."},
	{Ignored, NotApplicable, "ignored on request",
		"The file carries '# multistage: ignore', or the repository's configuration excludes it."},
	{Unparsable, Refused, "cannot be parsed",
		"BuildKit would not parse the file either, or it is beyond the limits of what is read (256 KiB, 1,000 instructions). The line and BuildKit's message are given."},
	{UnknownBase, Refused, "the base image is not known",
		"The base is private, unknown, or depends on a build argument without a default, so neither its libraries nor a slimmer counterpart can be told. A public image of a known family, or a default for the argument, makes a design possible."},
	{UnknownWriteSet, Refused, "where a step writes is not known",
		"A RUN does something whose files cannot be told from its text, such as running a script from the network. Copying too little would break the image. Writing its result to a known folder makes a design possible."},
	{StartUnknown, Refused, "how it starts is not known",
		"The file has no CMD or ENTRYPOINT and nothing in the repository says how the image is started, or the start command leads to a file that cannot be found."},
	{NeedsBuildTool, Refused, "the start command needs the build tool",
		"The image starts through a tool of the build side and no other way to start is certain. A start command that runs the built result makes a design possible."},
	{Onbuild, Refused, "ONBUILD triggers",
		"The base or the file has ONBUILD instructions; they run in whichever stage uses the image, so a split would run them in the wrong place."},
	{BrokenOriginal, Refused, "the original does not build",
		"The file names sources that are not in the build context, or fails for another reason that the file itself shows. It has to build before it can be redesigned."},
	{TreeTooLarge, Refused, "the repository is too large",
		"The files that the design depends on are beyond the limits of what is read."},
	{UnsupportedLanguage, Refused, "the language is not supported yet",
		"No designer for this language or package manager exists yet. Nothing is guessed."},
	{ProofFailed, Refused, "the rewrite did not prove itself",
		"The rewritten file did not build, start or answer as the original did, and no repair helped. It is withdrawn rather than offered."},
}

// Info finds a code in the table.
func (c Code) Info() CodeInfo {
	for _, info := range Codes {
		if info.Code == c {
			return info
		}
	}
	return CodeInfo{Code: c, Verdict: Refused, Title: string(c)}
}

// Verdict is the verdict that a code stands for.
func (c Code) Verdict() Verdict { return c.Info().Verdict }
