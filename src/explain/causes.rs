//! What failures come from. `{name}` is what the text names; `{name|OTHERWISE}` stands for `OTHERWISE` where it
//! names nothing.

/// What could tell the actual cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// The truststore.
    Truststore,
    /// The keystore.
    Keystore,
    /// Either store: the text does not tell which.
    Store,
    /// The server's chain, with the truststore.
    Chain,
    /// The two sides' versions and algorithms.
    Protocol,
    /// How an option or a tool was used.
    Usage,
}

/// What a failure comes from.
#[derive(Debug)]
pub struct Cause {
    /// A name for programs.
    pub id: &'static str,
    /// The cause in one sentence.
    pub sentence: &'static str,
    /// What it may be, where the text does not tell.
    pub possible: &'static [&'static str],
    /// The commands or changes that mend it.
    pub remedies: &'static [&'static str],
    /// What could tell the actual cause.
    pub about: About,
}

pub(super) fn by_id(id: &str) -> Option<&'static Cause> {
    CAUSES.iter().find(|cause| cause.id == id)
}

const CHECK: &str = "`keyjar check {host|HOST:PORT} --truststore {truststore|truststore.p12}` says what the JVM finds, and why";
const IMPORT: &str = "`keyjar import --from {host|HOST:PORT} --truststore {truststore|truststore.p12}` adds the server's authority and prints the JVM's options";
const FLAGS: &str =
    "`keyjar flags --truststore {truststore|TRUSTSTORE}` opens the store and prints the options that fit it";
const KEY_FLAGS: &str = "`keyjar flags --keystore {keystore|KEYSTORE} --keystore-pass prompt` opens the store and its keys, and prints the options that fit it";
const CHECK_CLIENT: &str = "`keyjar check {host|HOST:PORT} --keystore {keystore|keystore.p12}` says which certificate the JVM would show, and why";
const REISSUE: &str = "`keyjar cert --name NAME --dns {name|HOST} --ca DIR` issues one with that name";

macro_rules! causes {
    ($($id:literal $about:ident $sentence:literal [$($possible:literal),*] [$($remedy:expr),*])*) => {
        /// All of them.
        pub const CAUSES: &[Cause] = &[$(Cause {
            id: $id, sentence: $sentence, possible: &[$($possible),*], remedies: &[$($remedy),*], about: About::$about,
        }),*];
    };
}

causes! {
    // Trust: the server's chain.
    "unknown-issuer" Chain
        "no certificate that the client trusts leads to the server's: its authority is not in the truststore in use"
        ["the authority's certificate is not in the truststore",
         "the server does not send its intermediate certificate",
         "the path in -Djavax.net.ssl.trustStore is wrong: the JVM fell back to its own cacerts without a word"]
        [IMPORT, CHECK]
    "unknown-client-issuer" Chain
        "the server does not trust the client's certificate: its authority is not in the server's truststore"
        []
        ["`keyjar import CLIENT-CA.pem --truststore SERVER-TRUSTSTORE` adds the clients' authority to the server's truststore"]
    "self-signed" Chain
        "the server's certificate, or the root it sends, is self-signed, and the client does not trust it"
        []
        [IMPORT, "give clients that take a CA file that certificate: `keyjar fetch {host|HOST:PORT} > server.pem`"]
    "leaf-as-authority" Chain
        "the client was given the server's own certificate, or nothing, where it needs the authority that issued it"
        ["the server does not send its intermediate certificate",
         "the file given as CA is the server's certificate: Node, Ruby and Python want the authority's"]
        ["give it the authority's certificate: `keyjar fetch {host|HOST:PORT}` shows the chain"]
    "pin" Chain
        "the server shows another certificate than the one it is pinned to"
        ["the server's certificate was renewed", "the file is the authority's, and this option wants the server's own"]
        ["`keyjar fetch {host|HOST:PORT} > server.pem` fetches the certificate to pin"]
    "anchor-mismatch" Chain
        "an authority of the right name is trusted, but it is not the one that signed: another key, or another key identifier"
        []
        [CHECK, "`keyjar import NEW-CA.pem --truststore {truststore|truststore.p12}` adds the authority as it is now"]
    "bad-signature" Chain
        "a certificate's signature is not its issuer's: the trusted authority has the same name and another key, or the certificate is damaged"
        []
        [CHECK, "`keyjar import NEW-CA.pem --truststore {truststore|truststore.p12}` adds the authority as it is now"]
    "expired" Chain
        "a certificate has expired{when}"
        ["the server's certificate or an intermediate one has to be renewed", "this machine's clock is wrong"]
        ["`keyjar fetch {host|HOST:PORT}` shows the dates; renew the certificate, or set the clock"]
    "not-yet-valid" Chain
        "a certificate is not valid yet{when}"
        ["this machine's clock is behind", "the certificate begins in the future"]
        ["`keyjar fetch {host|HOST:PORT}` shows the dates; set the clock, or wait"]
    "anchor-not-ca" Chain
        "the trusted certificate{subject} is no authority's: it is trusted for itself alone, not for what it signed"
        []
        ["`keyjar import REAL-CA.pem --truststore {truststore|truststore.p12}`; `keyjar ca` makes a proper authority"]
    "issuer-not-ca" Chain
        "a certificate in the chain was issued by one that is no authority's (basicConstraints), or may not sign certificates (keyUsage)"
        []
        ["have it issued by a proper authority: `keyjar ca`, then `keyjar cert --name NAME --ca DIR`"]
    "path-length" Chain
        "the chain is longer than one of its authorities allows (pathLenConstraint)"
        []
        ["have the certificate issued by an authority that allows it; `keyjar fetch {host|HOST:PORT}` shows the chain"]
    "chain-too-long" Chain
        "the chain has more certificates than the JVM takes"
        []
        ["leave the root and what is not needed out of the server's chain, or raise -Djdk.tls.maxCertificateChainLength"]
    "name-constraints" Chain
        "an authority in the chain may not issue for the name in the certificate (nameConstraints)"
        []
        ["have the certificate issued by an authority that may; `keyjar fetch {host|HOST:PORT}` shows the chain"]
    "critical-extension" Chain
        "a certificate has a critical extension that the JVM does not know"
        []
        ["have the certificate issued without it; `keyjar fetch {host|HOST:PORT}` shows the chain"]
    "algorithm" Chain
        "a certificate uses an algorithm or key size that this JDK forbids (`jdk.certpath.disabledAlgorithms`)"
        []
        ["reissue the certificate with SHA-256 and a key of 2048 bits or more: `keyjar cert --name NAME --ca DIR`", CHECK]
    "server-usage" Chain
        "the server's certificate is not for servers: its extendedKeyUsage lacks serverAuth"
        []
        ["issue it for servers: `keyjar cert --name NAME --dns HOST --ca DIR`"]
    "client-usage" Chain
        "the client's certificate is not for clients: its extendedKeyUsage lacks clientAuth"
        []
        ["issue it for clients: `keyjar cert --name NAME --client --ca DIR`"]
    "key-usage" Chain
        "the certificate's keyUsage does not allow what TLS uses it for (digitalSignature)"
        []
        ["reissue it: `keyjar cert --name NAME --ca DIR`"]
    "ca-profile" Chain
        "the authority's certificate lacks what Python 3.13 and other strict clients ask for (keyUsage, key identifiers)"
        []
        ["make the authority anew: `keyjar ca`", "until then Python takes it with `ssl.VERIFY_X509_STRICT` cleared"]
    "host-name" Chain
        "the server's certificate is not for `{name|the host}`, the name the client connects to"
        []
        ["connect by a name that is in it: `keyjar fetch {host|HOST:PORT}` shows its names", REISSUE]
    "host-ip" Chain
        "the client connects to the address {name|of the server}, and the server's certificate has no such address among its names"
        []
        ["connect by a name that is in it: `keyjar fetch {host|HOST:PORT}` shows its names",
         "`keyjar cert --name NAME --ip {name|ADDRESS} --ca DIR` issues one with that address"]
    "no-san" Chain
        "the server's certificate has no subjectAltName: the common name alone does not count here"
        []
        ["`keyjar cert --name NAME --dns HOST --ip ADDRESS --ca DIR` issues one with names"]
    "illegal-name" Chain
        "the host name `{name}` is none that a certificate can have (an underscore?): Java matches it with no certificate"
        []
        ["connect by another name, without an underscore"]

    // Stores.
    "empty-truststore" Truststore
        "the truststore has no certificate that Java trusts"
        ["it is an encrypted PKCS#12 and -Djavax.net.ssl.trustStorePassword is not set: its certificates are skipped",
         "openssl made it without Java's trust attribute",
         "the path is wrong, and this JDK's own cacerts is missing or empty"]
        [FLAGS, "`keyjar audit {truststore|TRUSTSTORE} --fix` adds the attribute where it lacks"]
    "truststore-not-opened" Truststore
        "the truststore cannot be opened, and this JDK does not say why"
        ["the password in -Djavax.net.ssl.trustStorePassword is wrong",
         "the file is no key store: PEM, empty, or cut off",
         "-Djavax.net.ssl.trustStoreType names a type that Java does not know, or another one than the file's",
         "the file has a MAC that this JDK does not know (PBMAC1, before 25.0.5)",
         "the path is wrong and the password is not that of this JDK's cacerts, which the JVM falls back to"]
        [FLAGS]
    "keystore-not-opened" Keystore
        "the keystore cannot be opened, and this JDK does not say why"
        ["the path in -Djavax.net.ssl.keyStore is wrong: JDK 17 and 21 then show an exception without a text",
         "its password is wrong or missing"]
        [KEY_FLAGS]
    "keystore-missing" Keystore
        "the keystore{path} is not there: unlike a truststore's, its path must be right"
        []
        [KEY_FLAGS]
    "store-missing" Store
        "the store{path} is not there, or cannot be read"
        []
        ["name it by its absolute path; `keyjar import CA.pem --truststore PATH` makes a truststore"]
    "wrong-password" Store
        "the store's password is wrong (or the file was altered)"
        ["the password is wrong: a line break at the end of a password file counts",
         "the path in -Djavax.net.ssl.trustStore is wrong, and the password is not that of cacerts, which the JVM falls back to",
         "one certificate in it cannot be parsed, or a cipher is not known: Java says the same then"]
        ["`keyjar list {store|STORE} --storepass prompt` tries a password, and says what else is wrong", FLAGS]
    "password-not-ascii" Store
        "the store's password has a character outside 0x20-0x7E: no JDK before 25 opens a PKCS#12 store with it"
        []
        ["`keyjar passwd {store|STORE}` changes the password"]
    "password-too-short" Usage
        "keytool writes no store with a password of fewer than 6 characters"
        []
        ["choose a longer one; `keyjar passwd STORE` changes it"]
    "pbmac1" Store
        "the store's MAC is PBMAC1, which JDK 26, 25.0.5 and later alone can check: JDK 28's keytool or OpenSSL 3.4 wrote it"
        []
        ["`keyjar convert {store|STORE} NEW.p12 --profile modern` rewrites it for every JDK from 8u301 and 11.0.12 on"]
    "old-jdk-mac" Store
        "this JDK is older than 8u301 or 11.0.12, and cannot check the store's MAC of HMAC-SHA-256"
        []
        ["`keyjar convert {store|STORE} NEW.p12 --profile legacy` rewrites it for every JDK"]
    "old-jdk-cipher" Store
        "this JDK is too old for the store's encryption (PBES2)"
        []
        ["`keyjar convert {store|STORE} NEW.p12 --profile legacy` rewrites it for every JDK"]
    "unsupported-cipher" Store
        "the store or key is encrypted in a way that the reader does not support"
        []
        ["`keyjar convert {store|STORE} NEW.p12 --profile modern` rewrites it"]
    "openssl-legacy" Store
        "the store is encrypted with RC2 or 3DES, which OpenSSL 3 opens with `-legacy` only"
        []
        ["`keyjar convert {store|STORE} NEW.p12 --profile modern` rewrites it"]
    "pem-as-store" Store
        "the file given as a store is PEM text"
        []
        ["`keyjar import {store|FILE.pem} --truststore truststore.p12` makes a truststore of its certificates",
         "`keyjar bundle --cert CERT --key KEY --keystore keystore.p12` makes a keystore of a certificate and its key"]
    "der-as-store" Store
        "the file given as a store is a bare certificate"
        []
        ["`keyjar import {store|FILE.der} --truststore truststore.p12` makes a truststore of it"]
    "empty-store" Store
        "the file given as a store is empty"
        []
        ["`keyjar import CA.pem --truststore PATH` makes a truststore; an empty file counts as new"]
    "truncated-store" Store
        "the store is cut off, or is no store at all"
        []
        ["`keyjar list {store|STORE}` says what the file is; copy it anew, as binary"]
    "not-a-store" Store
        "the file is no store of the type that Java was told, or that it tries first"
        ["it is PEM, a certificate, an HTML page or text",
         "its type is another one than -Djavax.net.ssl.trustStoreType or keyStoreType says",
         "JDK 8 says this of any damaged PKCS#12 too"]
        ["`keyjar list {store|STORE}` says what the file is", FLAGS]
    "jks-as-pkcs12" Store
        "the store is JKS, and its type is given as PKCS12, which JDK 8 does not open"
        []
        [FLAGS, "`keyjar convert {store|STORE} NEW.p12` makes it PKCS#12"]
    "jceks-store" Store
        "the store is JCEKS, and its type is not given as JCEKS"
        []
        [FLAGS, "`keyjar convert {store|STORE} NEW.p12` makes it PKCS#12"]
    "unknown-type" Store
        "the store type `{type|it was given}` is unknown to Java: the types are PKCS12, JKS and JCEKS"
        []
        [FLAGS]
    "unparsable-certificate" Store
        "one certificate in the store cannot be parsed, and so the whole store cannot be opened"
        []
        ["`keyjar list {store|STORE}` names it; `keyjar import {store|STORE} --skip-unreadable --truststore NEW.p12` leaves it out"]
    "key-password" Keystore
        "the key has another password than the store: a JVM has one option for both"
        []
        ["`keyjar passwd {keystore|KEYSTORE} --keypass prompt` gives the key the store's password"]
    "key-password-missing" Keystore
        "-Djavax.net.ssl.keyStore is set without -Djavax.net.ssl.keyStorePassword"
        []
        [KEY_FLAGS]
    "key-mismatch" Keystore
        "the private key is not the one of the certificate"
        []
        ["`keyjar bundle --cert CERT --key KEY` holds the key against the certificate before it writes"]
    "encrypted-pkcs1" Keystore
        "the key is encrypted in OpenSSL's old way (`Proc-Type: 4,ENCRYPTED`), which is being given up"
        []
        ["`keyjar bundle --cert CERT --key KEY --keystore k.p12`, then `keyjar export k.p12 ALIAS --key --new-storepass prompt` gives PKCS#8"]
    "cacerts-not-writable" Truststore
        "the JVM's own cacerts cannot be written here (another user, or a read-only image)"
        []
        ["`keyjar import CA.pem --base jvm --truststore /tmp/truststore.p12 --format export` makes a copy with it, and prints the variable to set"]

    // The other side's word.
    "client-certificate-missing" Keystore
        "the server wants a client certificate, and the client shows none"
        ["no keystore is set, or it holds no private key (a truststore given as keystore)",
         "none of its certificates comes from an authority that the server names",
         "Elastic's Java agent needs -Djavax.net.ssl.keyStoreType as well"]
        [CHECK_CLIENT, "`keyjar bundle --cert CERT --key KEY --chain CA --keystore keystore.p12` makes a keystore and prints the options"]
    "certificate-refused" Chain
        "the other side refused the certificate of this one; why stands in its log"
        ["on a server: the client does not trust its chain, or the name is not in its certificate",
         "on a client: the server does not trust its certificate, or got none"]
        [CHECK, CHECK_CLIENT]
    "unknown-ca-alert" Chain
        "the other side does not trust the authority of this one's certificate"
        []
        ["add the authority to the other side's truststore: `keyjar import CA.pem --truststore OTHERS-TRUSTSTORE`", CHECK_CLIENT]
    "unsupported-certificate-alert" Chain
        "the other side refused the kind of certificate: its extendedKeyUsage, key type or algorithm"
        []
        ["issue a client's certificate for clients: `keyjar cert --name NAME --client --ca DIR`", CHECK_CLIENT]
    "expired-alert" Chain
        "the other side says that the certificate shown to it has expired"
        []
        ["renew it: `keyjar cert --name NAME --ca DIR`; `keyjar list KEYSTORE` shows the dates"]
    "decrypt-error" Keystore
        "the other side could not verify the handshake's signature: the key does not match its certificate"
        []
        ["`keyjar audit {keystore|KEYSTORE}` finds keys that do not match; `keyjar bundle` holds them against each other"]
    "handshake-failure" Protocol
        "the two sides found nothing in common, or the server wanted a client certificate and got none"
        ["the server wants a client certificate (TLS 1.2)",
         "the server has no key (its keystore is a truststore), or one of another type than the cipher suites need",
         "the TLS versions, cipher suites or signature algorithms do not meet"]
        [CHECK, CHECK_CLIENT]
    "no-common-cipher" Protocol
        "the server found no cipher suite that fits: mostly its keystore holds no private key, or one of a type the client does not take"
        []
        ["`keyjar list KEYSTORE` shows whether it holds a key; `keyjar bundle --cert CERT --key KEY` makes one that does"]
    "protocol-version" Protocol
        "the two sides have no TLS version in common"
        []
        ["`keyjar fetch {host|HOST:PORT} -v` shows the server's version; enable TLS 1.2 or 1.3 on both sides (-Djdk.tls.client.protocols, -Dhttps.protocols)"]
    "not-tls" Protocol
        "the other side does not speak TLS on that port: plain HTTP, a proxy, or another service"
        []
        ["use the https port, or http:// in the URL; `keyjar fetch {host|HOST:PORT}` says what answers there (`--starttls` where TLS begins later)"]
    "plain-on-tls" Protocol
        "a client spoke plain HTTP to a TLS port"
        []
        ["use https:// in the client's URL"]
    "closed" Protocol
        "the other side ended the connection in the handshake without saying why"
        ["it refused the certificate, or got none, and closed before its alert was read",
         "a proxy, firewall or load balancer is in between", "it does not speak TLS there"]
        ["`keyjar check {host|HOST:PORT} --truststore {truststore|truststore.p12} --keystore {keystore|keystore.p12}` tries it step by step"]
    "unrecognized-name" Protocol
        "the server does not know the host name that the client asks for (SNI)"
        []
        ["`keyjar fetch {host|HOST:PORT} --sni NAME` tries another name"]
    "internal-error" Protocol
        "the other side failed inside: a Java client says this to its server where its truststore is empty"
        []
        ["look into the other side's log, or give it to `keyjar explain`"]
    "weak-dh" Protocol
        "the server's Diffie-Hellman group is too small for this JDK"
        []
        ["give the server a group of 2048 bits, or cipher suites with ECDHE"]
    "unmeasured-peer" Chain
        "no server certificate was verified: the handshake failed before, and its exception was swallowed"
        []
        [CHECK]

    // Tools and options.
    "not-a-certificate" Usage
        "keytool takes a single certificate of PEM or DER here: not a key, a PKCS#7, a byte order mark, or text before a key"
        []
        ["`keyjar import FILE` takes all of these, or says what the file is"]
    "alias-exists" Usage
        "the alias{alias} is taken: the command ran before"
        []
        ["`keyjar import FILE --truststore STORE` changes nothing where the certificate is there already"]
    "reply-mismatch" Usage
        "the certificate given as a reply is not for the key of that alias"
        []
        ["`keyjar bundle --cert CERT --key KEY` makes the entry of its parts"]
    "reply-chain" Usage
        "keytool finds no chain from the reply to a trusted authority"
        []
        ["`keyjar bundle --cert CERT --key KEY --chain CA` completes the chain"]
    "empty-file-keytool" Usage
        "keytool takes an empty file (mktemp) for a damaged store"
        []
        ["`keyjar import FILE --truststore STORE` counts it as new"]
    "unmatched-quote" Usage
        "a quote in {variable|the variable} is not closed: the JVM does not start"
        []
        ["`keyjar flags --truststore {truststore|TRUSTSTORE} --format java-tool-options` prints a value that is quoted right"]
    "argfile-on-8" Usage
        "JDK 8 knows no argument files: it takes {file|@FILE} for the main class"
        []
        ["`keyjar flags --truststore {truststore|TRUSTSTORE} --format java-tool-options` prints what JDK 8 understands"]
    "word-in-options" Usage
        "a blank in an option is not quoted: the JVM takes what follows for a word of its own"
        []
        ["`keyjar flags --truststore {truststore|TRUSTSTORE} --format env` prints a value that is quoted right"]
    "elastic-key-managers" Keystore
        "Elastic's Java agent could not open the keystore, and goes on without a client certificate"
        ["-Djavax.net.ssl.keyStoreType is not set", "the password is wrong"]
        [KEY_FLAGS]
}
