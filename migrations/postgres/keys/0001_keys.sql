-- The key store. It is a schema of its own, apart from the data: destroying a row here makes
-- everything sealed under that key unreadable, also in every backup of the data.

-- One random key per person or case, wrapped by a key-encryption key of the keyring.
CREATE TABLE owner_keys (
  owner      BYTEA  NOT NULL PRIMARY KEY, -- keyed pseudonym of the person, or of the case
  kind       BIGINT NOT NULL,             -- 1 person, 2 case
  wrapped    BYTEA  NOT NULL,             -- the key, sealed under a key of the keyring
  created_at BIGINT NOT NULL              -- microseconds since 1970, UTC
);
