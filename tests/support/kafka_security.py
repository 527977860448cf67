"""What a test's broker wants of those who sign in: passwords, certificates, rights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# `SUPER_USER`, the plain listener and `CN=relay` may do everything, and nobody else anything that no rule allows.
SECURED = """sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
{logins}
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
listener.name.ssl.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:{super_user};User:CN=relay
"""
SUPER_USER = "relay"
SECURE_LISTENERS = ("SASL_PLAINTEXT", "SSL", "SASL_SSL")


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """What a broker with sign-in needs: passwords by user, and the files of its certificate, key and authority."""

    users: Mapping[str, str]
    certificate: Path
    key: Path
    authority: Path

    def properties(self, home: Path) -> str:
        """Lines for `server.properties`; writes the broker's key file into `home`."""
        keystore = home / "keystore.pem"
        keystore.write_bytes(self.key.read_bytes() + self.certificate.read_bytes())
        modules = "org.apache.kafka.common.security"
        users = " ".join(f'user_{name}="{password}"' for name, password in self.users.items())
        logins = []
        for listener in ("sasl_plaintext", "sasl_ssl"):
            prefix = f"listener.name.{listener}"
            logins += [
                f"{prefix}.plain.sasl.jaas.config={modules}.plain.PlainLoginModule required {users};",
                f"{prefix}.scram-sha-256.sasl.jaas.config={modules}.scram.ScramLoginModule required;",
                f"{prefix}.scram-sha-512.sasl.jaas.config={modules}.scram.ScramLoginModule required;",
            ]
        return SECURED.format(
            logins="\n".join(logins), keystore=keystore, truststore=self.authority, super_user=SUPER_USER
        )

    def format_arguments(self) -> list[str]:
        """What the storage tool writes down of the users, for SCRAM."""
        return [
            f"--add-scram={mechanism}=[name={name},password={password}]"
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
            for name, password in self.users.items()
        ]
