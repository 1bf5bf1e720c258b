//! A TLS client that shows what it is told to, and checks nothing or all.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use keyjar::Certificate;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, StreamOwned,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

/// What the client does.
#[derive(Default)]
pub struct Client {
    /// Whom it trusts; everybody where this is empty.
    pub roots: Vec<Certificate>,
    /// What it shows.
    pub identity: Option<(Vec<Vec<u8>>, Vec<u8>)>,
    /// The name it asks for; `localhost` unless told otherwise.
    pub name: Option<&'static str>,
    /// TLS 1.2 alone.
    pub is_tls12: bool,
    pub alpn: Vec<Vec<u8>>,
}

impl Client {
    pub fn trusting(chain: &[Certificate]) -> Self {
        Self {
            roots: chain.last().into_iter().cloned().collect(),
            ..Self::default()
        }
    }

    pub fn showing(identity: (Vec<Vec<u8>>, Vec<u8>)) -> Self {
        Self {
            identity: Some(identity),
            ..Self::default()
        }
    }

    pub fn config(&self) -> ClientConfig {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let versions = if self.is_tls12 {
            vec![&rustls::version::TLS12]
        } else {
            vec![&rustls::version::TLS13]
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&versions)
            .unwrap();
        let builder = if self.roots.is_empty() {
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
        } else {
            let mut roots = RootCertStore::empty();
            for root in &self.roots {
                roots.add(CertificateDer::from(root)).unwrap();
            }
            builder.with_root_certificates(roots)
        };
        let mut config = match &self.identity {
            Some((chain, key)) => {
                let key = PrivateKeyDer::try_from(key.clone()).unwrap();
                let key = aws_lc_rs::sign::any_supported_type(&key).unwrap();
                let chain = chain.iter().cloned().map(CertificateDer::from).collect();
                let shown = SingleCertAndKey::from(CertifiedKey::new(chain, key));
                builder.with_client_cert_resolver(Arc::new(shown))
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols.clone_from(&self.alpn);
        config
    }

    /// Connects without a request.
    pub fn connect(&self, port: u16) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let name = ServerName::try_from(self.name.unwrap_or("localhost")).unwrap();
        let session = ClientConnection::new(Arc::new(self.config()), name).unwrap();
        let socket = TcpStream::connect(("127.0.0.1", port))?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut stream = StreamOwned::new(session, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }

    /// A request on a connection of its own; the whole answer.
    pub fn send(&self, port: u16, request: &[u8]) -> io::Result<String> {
        let mut stream = self.connect(port)?;
        stream.write_all(request)?;
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
            _ => Ok(String::from_utf8_lossy(&answer).into_owned()),
        }
    }

    pub fn get(&self, port: u16, path: &str) -> io::Result<String> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        self.send(port, request.as_bytes())
    }
}

/// Trusts whoever holds the key it shows.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
