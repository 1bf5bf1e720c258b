//! Files written beside what is printed: all are looked at before the first is written.

use std::path::{Path, PathBuf};

use keyjar::{ErrorKind, Limits, fsio};
use zeroize::Zeroizing;

use crate::cli::failure::Failure;
use crate::cli::printer::Printer;

/// A file to be written.
pub(super) struct Planned {
    pub(super) path: PathBuf,
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) sensitive: bool,
}

impl Planned {
    pub(super) fn new(path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>, sensitive: bool) -> Self {
        Self {
            path: path.into(),
            bytes: Zeroizing::new(bytes.into()),
            sensitive,
        }
    }
}

/// Writes the files; an existing one of other contents is replaced only where that was asked for.
pub(super) fn write(files: &[Planned], force: bool, printer: &Printer) -> Result<(), Failure> {
    let mut changed = Vec::new();
    for file in files {
        match fsio::read_if_exists(&file.path, &Limits::DEFAULT)? {
            Some(old) if old == *file.bytes => printer.note(&format!("unchanged: {}", file.path.display())),
            Some(old) if !old.is_empty() && !force => {
                let message = format!("`{}` exists already, with other contents", file.path.display());
                return Err(Failure::new(
                    ErrorKind::Conflict,
                    message,
                    "`--force` writes over it; nothing was written",
                ));
            }
            _ => changed.push(file),
        }
    }
    for file in changed {
        if let Some(folder) = file.path.parent().filter(|folder| *folder != Path::new("")) {
            fsio::make_folder(folder)?;
        }
        fsio::write(&file.path, &file.bytes, file.sensitive)?;
        printer.note(&format!("wrote {}", file.path.display()));
    }
    Ok(())
}
