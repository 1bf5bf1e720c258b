//! The only module that touches files: whole-or-nothing writes, modes, locks, and the path in every error.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::error::{ErrorKind, Hint};
use crate::limits::Limits;
use crate::secret::SecretBytes;

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant's message says it")]
pub enum FileError {
    #[error("cannot {action} `{}`", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("`{}` has more than {limit} bytes", path.display())]
    TooLarge { path: PathBuf, limit: usize },
    #[error("`{}` exists already", path.display())]
    Exists { path: PathBuf },
}

impl FileError {
    /// The error's kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => ErrorKind::NotFound,
            Self::Io { .. } => ErrorKind::Io,
            Self::TooLarge { .. } => ErrorKind::LimitExceeded,
            Self::Exists { .. } => ErrorKind::Conflict,
        }
    }

    /// What mends it.
    #[must_use]
    pub fn hints(&self) -> Vec<Hint> {
        let Self::Io { source, action, .. } = self else {
            return Vec::new();
        };
        let text = match source.kind() {
            io::ErrorKind::PermissionDenied if *action == "write" => {
                "the file as it was is unharmed; the folder must be writable, since the new file is put beside the old one and renamed"
            }
            io::ErrorKind::ReadOnlyFilesystem => "the file as it was is unharmed; write to another place",
            io::ErrorKind::StorageFull => {
                "the file as it was is unharmed; make room and run the command again"
            }
            io::ErrorKind::NotFound if *action == "write" => "the folder must exist: `mkdir -p` makes it",
            _ => return Vec::new(),
        };
        vec![Hint::new(text)]
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_owned();
    move |source| FileError::Io { action, path, source }
}

/// Reads a whole file.
///
/// # Errors
/// What the file system refuses; more bytes than `limits` allow.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
pub fn read(path: &Path, limits: &Limits) -> Result<Bytes, FileError> {
    let file = File::open(path).map_err(failed("read", path))?;
    read_from(file, path, limits)
}

/// Reads all that comes, `path` being its name in errors.
///
/// # Errors
/// As [`read`].
pub fn read_from(mut input: impl Read, path: &Path, limits: &Limits) -> Result<Bytes, FileError> {
    let mut bytes = Vec::new();
    let cap = u64::try_from(limits.input_bytes)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    input
        .by_ref()
        .take(cap)
        .read_to_end(&mut bytes)
        .map_err(failed("read", path))?;
    if bytes.len() > limits.input_bytes {
        return Err(FileError::TooLarge {
            path: path.to_owned(),
            limit: limits.input_bytes,
        });
    }
    Ok(Bytes::from(bytes))
}

/// Reads a whole file; `None` where there is none.
///
/// # Errors
/// As [`read`], but for the absence.
pub fn read_if_exists(path: &Path, limits: &Limits) -> Result<Option<Bytes>, FileError> {
    match read(path, limits) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Whether the path is a folder.
#[must_use]
pub fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Whether the path names something.
#[must_use]
pub fn exists(path: &Path) -> bool {
    path.exists()
}

/// The folder's files whose ending is one of `endings`, by name.
///
/// # Errors
/// What the file system refuses.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
pub fn files_in(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, FileError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed("read", folder))? {
        let path = entry.map_err(failed("read", folder))?.path();
        let ending = path
            .extension()
            .and_then(|ending| ending.to_str())
            .unwrap_or_default();
        if path.is_file() && endings.iter().any(|wanted| wanted.eq_ignore_ascii_case(ending)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The path in full, links resolved in its folder: a JVM's own folder may be another.
///
/// # Errors
/// A folder that is not there.
pub fn absolute(path: &Path) -> Result<PathBuf, FileError> {
    std::path::absolute(path).map_err(failed("find", path))
}

/// Writes a file whole or not at all: into a new file in the same folder, which is synced and takes the old
/// one's place. An existing file keeps its mode and owner; a new one gets 0600 when it is `sensitive`, else
/// 0644 less the umask. Links are followed.
///
/// # Errors
/// What the file system refuses; the old file is then as it was.
pub fn write(path: &Path, bytes: &[u8], sensitive: bool) -> Result<(), FileError> {
    let target = target(path)?;
    replace(&target, bytes, sensitive).map_err(failed("write", &target))
}

/// Reads a file, lets `change` make its new bytes of the old ones (none where there is no file, or an empty
/// one), and writes them; all under a lock, so that of two programs that do this at once none undoes the
/// other. Nothing is written where `change` gives nothing.
///
/// # Errors
/// What the file system refuses, and what `change` does.
pub fn update<T, E: From<FileError>>(
    path: &Path,
    limits: &Limits,
    change: impl FnOnce(Option<Bytes>) -> Result<(Option<Vec<u8>>, bool, T), E>,
) -> Result<T, E> {
    let target = target(path)?;
    let _lock = lock(&target)?;
    let old = read_if_exists(&target, limits)?.filter(|bytes| !bytes.is_empty());
    let (new, sensitive, result) = change(old)?;
    if let Some(bytes) = new {
        replace(&target, &bytes, sensitive).map_err(failed("write", &target))?;
    }
    Ok(result)
}

/// A file that is to be written together with others.
#[derive(Debug)]
pub struct NewFile {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub contents: SecretBytes,
    /// Whether its owner alone may read it.
    pub sensitive: bool,
}

/// Writes several files, all or none: each into a new file in its folder first; when all of them are there they
/// take their places. Folders that are missing are made. Files that exist and are not empty are replaced only
/// where that is asked for, as by [`write()`].
///
/// # Errors
/// [`FileError::Exists`], before anything is written; what the file system refuses, and then none of the new
/// files is there.
pub fn write_together(files: &[NewFile], replace: bool) -> Result<(), FileError> {
    let mut folders: Vec<_> = files.iter().map(|file| folder(&file.path)).collect();
    folders.sort_unstable();
    folders.dedup();
    let check = || match files.iter().find(|file| !replace && is_taken(&file.path)) {
        Some(taken) => Err(FileError::Exists {
            path: taken.path.clone(),
        }),
        None => Ok(()),
    };
    check()?;
    for folder in &folders {
        fs::create_dir_all(folder).map_err(failed("write", folder))?;
    }
    // In the order of their names, so that two runs do not wait for each other.
    let _locks: Vec<File> = folders
        .iter()
        .map(|folder| lock_folder(folder))
        .collect::<Result<_, _>>()?;
    check()?;
    let staged = stage_together(files)?;
    let mut fresh = Vec::new();
    for (file, target) in staged {
        let is_new = !target.exists();
        if let Err(error) = file.persist(&target) {
            undo(&fresh);
            clear_pending();
            return Err(failed("write", &target)(error.error));
        }
        if is_new {
            fresh.push(target);
        }
    }
    clear_pending();
    for folder in folders {
        sync_folder(folder).map_err(failed("write", folder))?;
    }
    Ok(())
}

/// New files beside those whose places they are to take, each on the disk. A disk takes many at once in little
/// more time than one, and nearly all of that time is waiting.
fn stage_together(files: &[NewFile]) -> Result<Vec<(tempfile::TempPath, PathBuf)>, FileError> {
    const FEW: usize = 4;
    const THREADS: usize = 32;
    let work = |part: &[NewFile]| -> Result<Vec<_>, FileError> {
        let each = part.iter().map(|file| {
            let target = target(&file.path)?;
            let staged = stage(&target, file.contents.expose_bytes(), file.sensitive);
            // The path alone is kept: a process may have a thousand files open, and here may be more.
            Ok((staged.map_err(failed("write", &target))?.into_temp_path(), target))
        });
        each.collect()
    };
    let share = files.len().div_ceil(THREADS).max(FEW);
    let made: Vec<Result<Vec<_>, FileError>> = std::thread::scope(|scope| {
        let mut parts = files.chunks(share);
        let own = parts.next();
        let others: Vec<_> = parts
            .map(|part| (part, scope.spawn(move || work(part))))
            .collect();
        let mut made: Vec<_> = own.map(work).into_iter().collect();
        for (part, other) in others {
            // A thread that could not finish leaves its share to this one.
            made.push(other.join().unwrap_or_else(|_| work(part)));
        }
        made
    });
    let mut all = Vec::with_capacity(files.len());
    for part in made {
        match part {
            Ok(part) => all.extend(part),
            Err(error) => {
                clear_pending();
                return Err(error);
            }
        }
    }
    Ok(all)
}

/// Whether something is there that would be lost: an empty file, as `mktemp` makes it, is nothing.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
fn is_taken(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_dir() || found.len() > 0)
}

/// Takes the files away that a run that failed had put in place.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
fn undo(fresh: &[PathBuf]) {
    for path in fresh {
        // What cannot be removed stays; the error that led here is the one to tell.
        let _ = fs::remove_file(path);
    }
}

/// Whether the group or others may read or write the file; never on systems without modes.
///
/// # Errors
/// What the file system refuses.
#[cfg_attr(
    unix,
    expect(clippy::disallowed_methods, reason = "this is the module that touches files")
)]
pub fn is_open_to_others(path: &Path) -> Result<bool, FileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path)
            .map_err(failed("read", path))?
            .permissions()
            .mode();
        Ok(mode & 0o066 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(false)
    }
}

/// Leaves the file to its owner alone (mode 0600).
///
/// # Errors
/// What the file system refuses.
pub fn restrict(path: &Path) -> Result<(), FileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed("restrict", path))?;
    }
    let _ = path;
    Ok(())
}

/// The temporary files that are being written, for who ends the process in the middle of it.
static PENDING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn add_pending(path: PathBuf) {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner).push(path);
}

fn clear_pending() {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// Removes the temporary files that are being written: to be called before a signal ends the process. The files
/// they were to replace are as they were.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
pub fn abandon() {
    for path in std::mem::take(&mut *PENDING.lock().unwrap_or_else(PoisonError::into_inner)) {
        // It is gone already where the rename came first.
        let _ = fs::remove_file(path);
    }
}

/// The file a path leads to through links, whether it exists or not.
fn target(path: &Path) -> Result<PathBuf, FileError> {
    let mut target = path.to_owned();
    // As many as Linux follows.
    for _ in 0..40 {
        match fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(target),
        }
    }
    let source = io::Error::other("too many symbolic links");
    Err(FileError::Io {
        action: "follow",
        path: path.to_owned(),
        source,
    })
}

/// An exclusive lock on the target's folder: it is there before the target is, and nothing is left behind. The
/// system drops it with the process, however that ends.
fn lock(target: &Path) -> Result<File, FileError> {
    lock_folder(folder(target)).map_err(|error| match error {
        FileError::Io {
            action: "write",
            source,
            ..
        } => failed("write", target)(source),
        other => other,
    })
}

#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
fn lock_folder(folder: &Path) -> Result<File, FileError> {
    let file = File::open(folder).map_err(failed("write", folder))?;
    file.lock().map_err(failed("lock", folder))?;
    Ok(file)
}

fn folder(target: &Path) -> &Path {
    target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn replace(target: &Path, bytes: &[u8], sensitive: bool) -> io::Result<()> {
    let file = stage(target, bytes, sensitive)?;
    let renamed = file.persist(target).map_err(|error| error.error);
    clear_pending();
    renamed?;
    sync_folder(folder(target))
}

/// The rename itself is on the disk when the folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    OpenOptions::new().read(true).open(folder)?.sync_all()
}

/// A new file beside the one whose place it is to take, with that one's mode and owner, and on the disk.
#[expect(clippy::disallowed_methods, reason = "this is the module that touches files")]
fn stage(target: &Path, bytes: &[u8], sensitive: bool) -> io::Result<tempfile::NamedTempFile> {
    if target.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    let old = fs::metadata(target).ok();
    let mut builder = tempfile::Builder::new();
    builder.prefix(".keyjar-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(if sensitive { 0o600 } else { 0o644 }));
    }
    let mut file = builder.tempfile_in(folder(target))?;
    add_pending(file.path().to_owned());
    file.write_all(bytes)?;
    if let Some(old) = old {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            // Only root may give files away; for others the new file is theirs, as the old one was.
            let _ = std::os::unix::fs::fchown(file.as_file(), Some(old.uid()), Some(old.gid()));
        }
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}
