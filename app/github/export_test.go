package github

// Queries are all that is asked of GraphQL.
func Queries(paths []string) []string {
	first, _ := query(snapshotQuery, paths)
	reviews, _ := query(reviewsQuery, paths)
	return []string{first, reviews, filesQuery, minimizeMutation}
}
