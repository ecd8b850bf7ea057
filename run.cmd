@echo off
rem run                 sets everything up and opens the desk
rem run test [ARGS]     sets everything up and passes the tests (ARGS go to pytest)
rem run doctor ...      any other words go to deskapp's command line
rem
rem The same as ./run, for Windows. Everything of ours lives in .venv; deleting that folder is always safe.
setlocal
set "HERE=%~dp0"
set "VENV=%HERE%.venv"
set "PY=%VENV%\Scripts\python.exe"
set "PYTHONDONTWRITEBYTECODE="
set "PYTHONPATH="
set "PYTHONHOME="
set "PYTHONUTF8=1"

if not exist "%VENV%\ready.lock" goto setup
"%PY%" -I -c "import sys, importlib.util as u; a, b = (open(p, 'rb').read() for p in sys.argv[1:]); sys.exit(a != b or u.find_spec('PySide6') is None)" "%HERE%requirements.lock" "%VENV%\ready.lock" >nul 2>&1
if errorlevel 1 goto setup
goto catalogue

:setup
set "BASE="
call :find
if defined BASE goto make
echo Python 3.11, 3.12 or 3.13 was not found; installing Python 3.12 for this user.>&2
winget install --id Python.Python.3.12 --exact --scope user --silent --accept-package-agreements --accept-source-agreements >&2
call :find
if defined BASE goto make
echo deskapp: please install Python 3.12 from the Microsoft Store or python.org, then try again.>&2
exit /b 1

:make
echo Making .venv; this takes a minute, once.>&2
if exist "%VENV%\ready.lock" del "%VENV%\ready.lock"
%BASE% -I -m venv --clear "%VENV%" >&2
if errorlevel 1 (
  echo deskapp: the folder .venv could not be made; if the desk is open, please close it first.>&2
  exit /b 1
)
rem Relative to site-packages, so that the folder can be moved.
echo ..\..\..> "%VENV%\Lib\site-packages\deskapp.pth"
echo Fetching and unpacking the Python packages.>&2
"%PY%" -I -m pip install --quiet --disable-pip-version-check --no-input --compile --require-hashes --only-binary :all: -r "%HERE%requirements.lock" >&2
if errorlevel 1 (
  echo deskapp: the Python packages could not be installed; see the lines above.>&2
  exit /b 1
)
"%PY%" -I -c "import PySide6.QtGui, sqlcipher3" >&2
if errorlevel 1 (
  echo deskapp: Qt does not load; please install the Microsoft Visual C++ runtime, x64, and try again.>&2
  exit /b 1
)
"%PY%" -I -m compileall -q "%HERE%deskapp" >nul 2>&1
copy /y "%HERE%requirements.lock" "%VENV%\ready.lock" >nul

:catalogue
"%PY%" -I "%HERE%installer\compile_catalogue.py" --if-older >&2
if errorlevel 1 (
  echo deskapp: the translations could not be compiled; see the line above.>&2
  exit /b 1
)

if /i "%~1"=="test" goto test
"%PY%" -P -m deskapp %*
exit /b %errorlevel%

:test
set ARGS=%*
set REST=%ARGS:*test=%
cd /d "%HERE%"
if "%REST%"=="" set REST=-n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
"%PY%" -m pytest %REST%
exit /b %errorlevel%

rem Sets BASE to the words that start a fitting Python.
:find
for %%V in (3.13 3.12 3.11) do call :try py -%%V
call :try python
for %%V in (313 312 311) do call :try "%LocalAppData%\Programs\Python\Python%%V\python.exe"
exit /b 0

:try
if defined BASE exit /b 0
%* -I -c "import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" >nul 2>&1
if not errorlevel 1 set "BASE=%*"
exit /b 0
