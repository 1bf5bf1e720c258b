//! Shows the chain that a server presents: `cargo run --example fetch_chain -- example.com:443`.
#![allow(clippy::print_stdout, reason = "an example talks to people")]

use keyjar::tls::{Fetch, Target};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = std::env::args()
        .nth(1)
        .unwrap_or_else(|| String::from("localhost:8443"));
    let fetched = Fetch::new(Target::parse(&server)?).run()?;
    println!("{}, {}", fetched.protocol, fetched.cipher_suite);
    let presented = fetched.presented();
    for (certificate, role) in fetched.certificates.iter().zip(presented.roles()) {
        println!("{role}: {} {:#}", certificate.subject(), certificate.sha256());
    }
    if let Some(issuer) = presented.missing_issuer() {
        println!("not sent: {issuer}");
    }
    Ok(())
}
