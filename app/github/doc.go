// Package github is the App's side of GitHub: a pull request comes in as a
// [Snapshot], what [review] wants to show goes out by [Installation.Publish].
// It is the only package that knows go-github and api.github.com.
//
// An [App] holds the credentials and what is shared: the connection, the cache, the
// clients. [App.Installation] opens one repository for one job; tokens are asked
// for when a call needs one, for that repository and for no more than the job
// does ([Access]).
//
// # How many calls
//
// Not counted are tokens (and the installation's permissions, read with the App's own
// credentials once an hour) and the archive's download, which is another host's.
//
//	no Dockerfile changed         1 for each hundred changed files: GraphQL
//	nothing new, the same head    1: GraphQL
//	nothing new, the head moved   2: GraphQL, check run
//	first review with its commit  11: GraphQL, files, tree, archive link,
//	                              tree, commit, head, ref, head, review, check run
//
// A proof adds three at most: the archive's link once more, for the files on disk
// ([Installation.Checkout]), and after it GraphQL ([Installation.Refresh]), which takes the
// place of the last look at the head, with the edit of the review, or with the check run
// that was in progress. Each file that the archive changes costs one more.
//
// The files' own call comes second, as it holds the patches, which nobody needs of a
// pull request without a Dockerfile. One query gives the names of the changed files,
// the head, the configuration, the reviews of ours, our check runs on the last
// commits, and the candidates' blobs there; so a push that leaves the Dockerfiles
// alone is told from it alone. The candidates' names have to be known for that: they
// are those of the last run, or the root's Dockerfile. Where they were others, and
// something of ours is posted, the query is sent once more.
//
// The twelfth call is for a Dockerfile that the archive changes (eol, export-subst,
// export-ignore) and that is read as a blob. A patch that GitHub left out costs one more.
//
// # What is trusted
//
// The tree of the head commit is the truth: a file of the archive is only taken
// where its bytes have the tree's object name. What does not, and what is too large,
// is kept by name ([project.ErrNotKept]) and read as a blob when it is asked for.
package github
