from __future__ import annotations

from webapp.accounts.sessions import hash_token, new_token


def test_a_token_has_256_random_bits_and_is_stored_as_a_digest() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 for token in tokens)
    assert hash_token("a") != hash_token("b")
    assert len(hash_token(tokens.pop())) == 64
