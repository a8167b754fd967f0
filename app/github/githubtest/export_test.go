package githubtest

// Operations lists the templates of all routes, with their methods.
func Operations() []string {
	var all []string
	for _, rt := range routes {
		all = append(all, rt.pattern)
	}
	return all
}

// Schema is the embedded part of GitHub's GraphQL schema.
func Schema() string { return schemaText }

// Suggested is the text of the first suggestion block.
func Suggested(body string) (string, bool) { return suggested(body) }
