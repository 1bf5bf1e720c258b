//! Records in and out, in the forms of `java.io.DataInput` and `DataOutput`.

use bytes::Bytes;

use super::{Error, Key, Record, RecordValue, SealedKey};
use crate::jks::mutf8;
use crate::limits::Limits;

const X509: &str = "X.509";

/// Where in the octets reading stands.
pub(super) struct Cursor<'a> {
    pub(super) whole: &'a [u8],
    pub(super) at: usize,
    /// The most records.
    pub(super) most: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn rest(&self) -> &'a [u8] {
        self.whole.get(self.at..).unwrap_or_default()
    }

    pub(super) fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], Error> {
        let position = self.at;
        let (taken, _) = self
            .rest()
            .split_at_checked(count)
            .ok_or(Error::Truncated { what, position })?;
        self.at += count;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Error> {
        let position = self.at;
        let taken = self.take(N, what)?;
        taken
            .first_chunk()
            .copied()
            .ok_or(Error::Truncated { what, position })
    }

    pub(super) fn u4(&mut self, what: &'static str) -> Result<u32, Error> {
        self.array(what).map(u32::from_be_bytes)
    }

    /// Octets behind their length.
    pub(super) fn octets(&mut self, what: &'static str) -> Result<&'a [u8], Error> {
        let length = usize::try_from(self.u4(what)?).unwrap_or(usize::MAX);
        self.take(length, what)
    }

    pub(super) fn text(&mut self, what: &'static str) -> Result<String, Error> {
        let position = self.at;
        let length = u16::from_be_bytes(self.array(what)?);
        let octets = self.take(usize::from(length), what)?;
        mutf8::decode(octets).ok_or(Error::Text { position })
    }

    fn certificate(&mut self) -> Result<Bytes, Error> {
        let name = self.text("a certificate's type")?;
        if !name.eq_ignore_ascii_case(X509) && !name.eq_ignore_ascii_case("X509") {
            return Err(Error::CertificateType { name });
        }
        self.octets("a certificate").map(Bytes::copy_from_slice)
    }

    pub(super) fn records(&mut self, limits: &Limits) -> Result<Vec<Record>, Error> {
        self.most = limits.entries;
        let mut records = Vec::new();
        self.walk(|record| {
            records.push(record);
            Ok(())
        })?;
        Ok(records)
    }

    /// All records and the zero behind the last.
    pub(super) fn walk(&mut self, mut each: impl FnMut(Record) -> Result<(), Error>) -> Result<(), Error> {
        for _ in 0..self.most {
            match self.record()? {
                Some(record) => each(record)?,
                None => return Ok(()),
            }
        }
        Err(Error::Count { limit: self.most })
    }

    fn record(&mut self) -> Result<Option<Record>, Error> {
        let position = self.at;
        let [tag] = self.array("a record's type")?;
        if tag == 0 {
            return Ok(None);
        }
        if tag > 4 {
            return Err(Error::Tag { tag, position });
        }
        let alias = self.text("an alias")?;
        let created = i64::from_be_bytes(self.array("a creation date")?);
        let count = self.u4("a chain's length")?;
        let mut chain = Vec::new();
        for _ in 0..count {
            chain.push(self.certificate()?);
        }
        let value = match tag {
            1 => RecordValue::TrustedCertificate(self.certificate()?),
            2 => RecordValue::Key(Key::read(self)?),
            3 => RecordValue::Opaque(Bytes::copy_from_slice(self.octets("a protected key")?)),
            _ => RecordValue::Sealed(SealedKey::unchecked(Bytes::copy_from_slice(
                self.octets("a sealed key")?,
            ))),
        };
        Ok(Some(Record {
            alias,
            created,
            chain,
            value,
        }))
    }
}

pub(super) fn put_record(out: &mut Vec<u8>, record: &Record) -> Result<(), Error> {
    out.push(match record.value {
        RecordValue::TrustedCertificate(_) => 1,
        RecordValue::Key(_) => 2,
        RecordValue::Opaque(_) => 3,
        RecordValue::Sealed(_) => 4,
    });
    put_text(out, &record.alias)?;
    out.extend(record.created.to_be_bytes());
    out.extend(
        u32::try_from(record.chain.len())
            .or(Err(Error::TooLong))?
            .to_be_bytes(),
    );
    record
        .chain
        .iter()
        .try_for_each(|der| put_certificate(out, der))?;
    match &record.value {
        RecordValue::TrustedCertificate(der) => put_certificate(out, der),
        RecordValue::Key(key) => key.put(out),
        RecordValue::Opaque(octets) => put_octets(out, octets),
        RecordValue::Sealed(key) => put_octets(out, key.as_octets()),
    }
}

pub(super) fn put_octets(out: &mut Vec<u8>, octets: &[u8]) -> Result<(), Error> {
    out.extend(u32::try_from(octets.len()).or(Err(Error::TooLong))?.to_be_bytes());
    out.extend_from_slice(octets);
    Ok(())
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) -> Result<(), Error> {
    let octets = mutf8::encode(text);
    out.extend(u16::try_from(octets.len()).or(Err(Error::TooLong))?.to_be_bytes());
    out.extend_from_slice(&octets);
    Ok(())
}

fn put_certificate(out: &mut Vec<u8>, der: &[u8]) -> Result<(), Error> {
    put_text(out, X509)?;
    put_octets(out, der)
}
