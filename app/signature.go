package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Why a signature was not taken; the answer is 401.
var (
	ErrNoSignature   = errors.New("X-Hub-Signature-256 is missing")
	ErrSHA1Only      = errors.New("only the SHA-1 signature is there: X-Hub-Signature-256 is required")
	ErrSignatureForm = errors.New("X-Hub-Signature-256 is not sha256= and 64 hexadecimal digits")
	ErrSignature     = errors.New("signature does not fit the body: the webhook's secret and MULTISTAGE_WEBHOOK_SECRETS differ")
	ErrNoSecret      = errors.New("a webhook without a secret takes what anybody sends: set MULTISTAGE_WEBHOOK_SECRETS")
)

const signaturePrefix = "sha256="

// Sign returns the X-Hub-Signature-256 of a body:
// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
func Sign(secret Secret, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write(body)
	return signaturePrefix + hex.EncodeToString(mac.Sum(nil))
}

// parseSignature reads the header before the body is read, so that a request without
// a signature costs nothing.
func parseSignature(sha256Header, sha1Header string) ([]byte, error) {
	if sha256Header == "" {
		if sha1Header != "" {
			return nil, ErrSHA1Only
		}
		return nil, ErrNoSignature
	}
	digits, ok := strings.CutPrefix(sha256Header, signaturePrefix)
	signature, err := hex.DecodeString(digits)
	if !ok || err != nil || len(signature) != sha256.Size {
		return nil, ErrSignatureForm
	}
	return signature, nil
}

// verify tries every secret, in constant time for each, and does not stop at the one
// that fits.
func verify(secrets []Secret, body, signature []byte) error {
	fits := false
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret.Reveal()))
		mac.Write(body)
		fits = hmac.Equal(mac.Sum(nil), signature) || fits
	}
	if !fits {
		return ErrSignature
	}
	return nil
}

func checkSecrets(secrets []Secret) error {
	if len(secrets) == 0 {
		return ErrNoSecret
	}
	for i, secret := range secrets {
		if strings.TrimSpace(secret.Reveal()) == "" {
			return fmt.Errorf("secret %d of %d is empty: %w", i+1, len(secrets), ErrNoSecret)
		}
	}
	return nil
}
