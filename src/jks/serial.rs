//! As much of Java's serialised form as a JCEKS secret key is kept in
//! ([Java Object Serialization Specification, chapter 6](https://docs.oracle.com/en/java/javase/25/docs/specs/serialization/protocol.html)):
//! objects, strings, byte arrays, enum constants and references to them. Classes are data here and nothing else;
//! nothing is ever loaded or run.

use std::ops::Range;
use std::rc::Rc;

use super::mutf8;

const MAGIC: [u8; 4] = [0xac, 0xed, 0, 5];
const NULL: u8 = 0x70;
const REFERENCE: u8 = 0x71;
const CLASS_DESC: u8 = 0x72;
const OBJECT: u8 = 0x73;
const STRING: u8 = 0x74;
const ARRAY: u8 = 0x75;
const BLOCK_DATA: u8 = 0x77;
const END_BLOCK_DATA: u8 = 0x78;
const ENUM: u8 = 0x7e;
const FIRST_HANDLE: u32 = 0x7e_0000;
const SC_WRITE_METHOD: u8 = 1;
const SC_SERIALIZABLE: u8 = 2;
/// A secret key takes ten handles and nests four deep.
const MOST_HANDLES: usize = 256;
const DEEPEST: usize = 16;
const MOST_FIELDS: u16 = 64;
/// Fields of all objects of a stream together: references make large classes cheap to repeat.
const MOST_VALUES: usize = 1024;

/// A value of the stream. Byte arrays stay where they are: they may be secret.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Text(Rc<str>),
    Bytes(Range<usize>),
    Object(Object),
    /// A primitive, an enum constant: nothing that is asked for.
    Other,
}

/// An object: its class and its fields, those of its superclasses first.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) class: Rc<str>,
    pub(super) fields: Vec<(Rc<str>, Value)>,
}

impl Object {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.iter().find_map(|(field, value)| match value {
            Value::Text(text) if **field == *name => Some(&**text),
            _ => None,
        })
    }

    pub(super) fn bytes<'a>(&self, name: &str, stream: &'a [u8]) -> Option<&'a [u8]> {
        self.fields.iter().find_map(|(field, value)| match value {
            Value::Bytes(range) if **field == *name => stream.get(range.clone()),
            _ => None,
        })
    }
}

/// What is wrong with a stream, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at byte {position} of the serialised object: {what}")]
pub struct SerialError {
    /// Byte in the stream.
    pub position: usize,
    /// What stands there.
    pub what: &'static str,
}

#[derive(Clone, Debug)]
struct Class {
    name: Rc<str>,
    flags: u8,
    /// Type code and name.
    fields: Vec<(u8, Rc<str>)>,
    parent: Option<Rc<Class>>,
}

#[derive(Clone)]
enum Handle {
    Class(Rc<Class>),
    Value(Value),
}

/// Reads the one object of a stream; also gives how many bytes it takes.
pub(super) fn read(stream: &[u8]) -> Result<(Object, usize), SerialError> {
    let mut reader = Reader {
        stream,
        at: 0,
        handles: Vec::new(),
        depth: 0,
        values: 0,
    };
    if reader.array::<4>()? != MAGIC {
        return Err(SerialError {
            position: 0,
            what: "it does not begin like one",
        });
    }
    match reader.value()? {
        Value::Object(object) => Ok((object, reader.at)),
        _ => Err(reader.error("it holds no object")),
    }
}

struct Reader<'a> {
    stream: &'a [u8],
    at: usize,
    handles: Vec<Handle>,
    depth: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    const fn error(&self, what: &'static str) -> SerialError {
        SerialError {
            position: self.at,
            what,
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], SerialError> {
        let taken = self
            .at
            .checked_add(count)
            .and_then(|end| self.stream.get(self.at..end))
            .ok_or_else(|| self.error("it is cut short"))?;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], SerialError> {
        let cut = self.error("it is cut short");
        self.take(N)?.first_chunk().copied().ok_or(cut)
    }

    fn octet(&mut self) -> Result<u8, SerialError> {
        let [octet] = self.array()?;
        Ok(octet)
    }

    fn utf(&mut self) -> Result<String, SerialError> {
        let length = u16::from_be_bytes(self.array()?);
        let octets = self.take(usize::from(length))?;
        mutf8::decode(octets).ok_or_else(|| self.error("a name is no modified UTF-8"))
    }

    /// Gives a handle to what follows; it is filled when that is read.
    fn reserve(&mut self) -> Result<usize, SerialError> {
        if self.handles.len() >= MOST_HANDLES {
            return Err(self.error("it holds too many objects"));
        }
        self.handles.push(Handle::Value(Value::Null));
        Ok(self.handles.len() - 1)
    }

    fn fill(&mut self, handle: usize, what: Handle) {
        if let Some(place) = self.handles.get_mut(handle) {
            *place = what;
        }
    }

    fn reference(&mut self) -> Result<Handle, SerialError> {
        let number = u32::from_be_bytes(self.array()?);
        number
            .checked_sub(FIRST_HANDLE)
            .and_then(|index| usize::try_from(index).ok())
            .and_then(|index| self.handles.get(index))
            .cloned()
            .ok_or_else(|| self.error("a reference leads nowhere"))
    }

    fn class(&mut self) -> Result<Option<Rc<Class>>, SerialError> {
        match self.octet()? {
            NULL => Ok(None),
            REFERENCE => match self.reference()? {
                Handle::Class(class) => Ok(Some(class)),
                Handle::Value(_) => Err(self.error("a reference leads to no class")),
            },
            CLASS_DESC => {
                self.descend()?;
                let name = Rc::from(self.utf()?);
                self.array::<8>()?;
                let handle = self.reserve()?;
                let flags = self.octet()?;
                let count = u16::from_be_bytes(self.array()?);
                if count > MOST_FIELDS {
                    return Err(self.error("a class of too many fields"));
                }
                let mut fields = Vec::new();
                for _ in 0..count {
                    let code = self.octet()?;
                    let field = Rc::from(self.utf()?);
                    if matches!(code, b'L' | b'[') {
                        self.value()?;
                    }
                    fields.push((code, field));
                }
                self.annotation()?;
                let mut class = Class {
                    name,
                    flags,
                    fields,
                    parent: None,
                };
                class.parent = self.class()?;
                let class = Rc::new(class);
                self.fill(handle, Handle::Class(Rc::clone(&class)));
                self.depth -= 1;
                Ok(Some(class))
            }
            _ => Err(self.error("a class is expected")),
        }
    }

    fn descend(&mut self) -> Result<(), SerialError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("it nests too deep"));
        }
        Ok(())
    }

    /// What a class wrote by itself, up to its end.
    fn annotation(&mut self) -> Result<(), SerialError> {
        loop {
            match self.stream.get(self.at) {
                Some(&END_BLOCK_DATA) => {
                    self.at += 1;
                    return Ok(());
                }
                Some(&BLOCK_DATA) => {
                    self.at += 1;
                    let length = self.octet()?;
                    self.take(usize::from(length))?;
                }
                _ => {
                    self.value()?;
                }
            }
        }
    }

    fn value(&mut self) -> Result<Value, SerialError> {
        self.descend()?;
        let value = match self.octet()? {
            NULL => Value::Null,
            REFERENCE => match self.reference()? {
                Handle::Value(value) => value,
                Handle::Class(_) => Value::Other,
            },
            STRING => {
                let handle = self.reserve()?;
                let value = Value::Text(Rc::from(self.utf()?));
                self.fill(handle, Handle::Value(value.clone()));
                value
            }
            ARRAY => {
                let class = self.class()?;
                let handle = self.reserve()?;
                if class.is_none_or(|class| *class.name != *"[B") {
                    return Err(self.error("an array of something else than bytes"));
                }
                let length = usize::try_from(u32::from_be_bytes(self.array()?)).unwrap_or(usize::MAX);
                let start = self.at;
                self.take(length)?;
                let value = Value::Bytes(start..self.at);
                self.fill(handle, Handle::Value(value.clone()));
                value
            }
            ENUM => {
                self.class()?;
                self.reserve()?;
                self.value()?;
                Value::Other
            }
            OBJECT => {
                let class = self
                    .class()?
                    .ok_or_else(|| self.error("an object without a class"))?;
                self.reserve()?;
                let mut fields = Vec::new();
                self.fields(&class, &mut fields)?;
                Value::Object(Object {
                    class: Rc::clone(&class.name),
                    fields,
                })
            }
            _ => return Err(self.error("a kind of value that no secret key holds")),
        };
        self.depth -= 1;
        Ok(value)
    }

    fn fields(&mut self, class: &Class, all: &mut Vec<(Rc<str>, Value)>) -> Result<(), SerialError> {
        if let Some(parent) = &class.parent {
            self.fields(parent, all)?;
        }
        if class.flags & SC_SERIALIZABLE == 0 {
            return Err(self.error("a class that is not serialised by its fields"));
        }
        for (code, name) in &class.fields {
            let value = match code {
                b'B' | b'Z' => self.skip(1)?,
                b'C' | b'S' => self.skip(2)?,
                b'F' | b'I' => self.skip(4)?,
                b'D' | b'J' => self.skip(8)?,
                b'L' | b'[' => self.value()?,
                _ => return Err(self.error("a field of an unknown type")),
            };
            self.values += 1;
            if self.values > MOST_VALUES {
                return Err(self.error("it holds too many fields"));
            }
            all.push((Rc::clone(name), value));
        }
        if class.flags & SC_WRITE_METHOD != 0 {
            self.annotation()?;
        }
        Ok(())
    }

    fn skip(&mut self, count: usize) -> Result<Value, SerialError> {
        self.take(count)?;
        Ok(Value::Other)
    }
}

/// Writes a stream, object by object in the order their handles are given.
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(MAGIC.to_vec())
    }

    pub(super) fn object(&mut self) -> &mut Self {
        self.0.push(OBJECT);
        self
    }

    pub(super) fn null(&mut self) -> &mut Self {
        self.0.push(NULL);
        self
    }

    /// A class of those fields; its superclass, or null, is to follow.
    pub(super) fn class(&mut self, name: &str, uid: u64, fields: u16) -> &mut Self {
        self.0.push(CLASS_DESC);
        self.utf(name);
        self.0.extend(uid.to_be_bytes());
        self.0.push(SC_SERIALIZABLE);
        self.0.extend(fields.to_be_bytes());
        self
    }

    /// A field of an object type, whose name is written here, or, as a reference, the one of an earlier handle.
    pub(super) fn field(&mut self, code: u8, name: &str, of: Result<&str, u32>) -> &mut Self {
        self.0.push(code);
        self.utf(name);
        match of {
            Ok(kind) => self.string(kind),
            Err(handle) => self.reference(handle),
        }
    }

    pub(super) fn end_of_class(&mut self) -> &mut Self {
        self.0.push(END_BLOCK_DATA);
        self
    }

    pub(super) fn string(&mut self, text: &str) -> &mut Self {
        self.0.push(STRING);
        self.utf(text);
        self
    }

    pub(super) fn reference(&mut self, handle: u32) -> &mut Self {
        self.0.push(REFERENCE);
        self.0.extend((FIRST_HANDLE + handle).to_be_bytes());
        self
    }

    /// `byte[]`, its class described here, or, as a reference, by an earlier handle.
    pub(super) fn byte_array(&mut self, class: Option<u32>, octets: &[u8]) -> &mut Self {
        self.0.push(ARRAY);
        match class {
            Some(handle) => self.reference(handle),
            None => self.class("[B", 0xacf3_17f8_0608_54e0, 0).end_of_class().null(),
        };
        self.0
            .extend(u32::try_from(octets.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.0.extend_from_slice(octets);
        self
    }

    fn utf(&mut self, text: &str) {
        let octets = mutf8::encode(text);
        self.0
            .extend(u16::try_from(octets.len()).unwrap_or(u16::MAX).to_be_bytes());
        self.0.extend_from_slice(&octets);
    }
}
