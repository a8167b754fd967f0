// Command demo shows the App at work without an account: it starts a stand-in for
// GitHub and the real App in one process, on free ports of this machine, lets people
// of an invented company open pull requests, and shows what the App answers in the
// terminal and on a page that reads like a pull request.
//
// The stand-in keeps real bare git repositories in a temporary folder, speaks
// GitHub's API over HTTP and sends signed webhooks; the App has its own SQLite queue
// beside them. All of it goes when the command ends.
//
// What happens is in [run] (main.go). The company's projects are files of stories
// (story.go), the two servers are a [world] (world.go), a repository of the user's is
// copied by repo.go. once.go holds the end state to what it has to be; terminal.go
// prints, and page.go and the files named page_* serve the page.
package main
