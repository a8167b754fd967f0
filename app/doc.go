// Package app is the process of the GitHub App: deliveries in, reviews out.
//
// The life of a delivery, in the order of the files:
//
//   - [Webhook] (webhook.go) takes a signed request: method, media type, signature
//     (signature.go), size. [Router] (delivery.go) makes an [Event] of it, by the table
//     of [Subscriptions] (subscription.go): which pull request, and why.
//   - [Queue.Accept] (accept.go) stores the event, adds one to what its [Lane] wants and
//     makes sure of the lane's job, in one transaction. Only then the answer is 202.
//   - A worker (lane.go) runs the lane: it reads the events that are waiting and calls
//     the handler. How the run ended is settled in one transaction (settle.go):
//     events done and job finished, or both tried again later (failure.go).
//   - The database (store.go) is a SQLite file, locked for one process, or Postgres for
//     several. What a killed process was working on runs again.
//   - [Reconciler] (reconcile.go) asks GitHub again for deliveries that failed.
//
// What a run does is [Bot.Handle] (bot.go): who asks for what (request.go), a snapshot of
// the pull request (app/github), the designs (examine.go, package rewrite), their proofs
// (prove.go, by what proofs.go and workfolder.go keep), the review (package review),
// what differs published (app/github), commands carried out and answered (answer.go).
//
// Around it: [New] puts the process together (app.go), by [Config] (config.go,
// settings.go), with the daemon (daemon.go); [Server] has its two listeners (server.go, health.go, metrics.go) and
// [Process] starts and ends all of it in order (process.go).
package app
