// A named pipe as a Win32 programmer writes it: byte mode, blocking calls, one client at a time.
//
//   pipe server NAME COUNT         reads each connection to its end, prints it as one message
//   pipe echo NAME COUNT           duplex: answers each line with "echo:" and the line
//   pipe frame-server NAME COUNT   reads frames (u32 little-endian length, then the bytes)
//   pipe frame-echo NAME COUNT     duplex: answers each frame with one of "echo:" and its bytes
//   pipe client NAME TEXT..        one connection per TEXT
//   pipe call NAME TEXT..          one connection: writes a line, prints the line that comes back
//   pipe frames NAME TEXT..        one connection: one frame per TEXT
//   pipe dacl NAME                 prints the DACL of the pipe as SDDL
//
// COUNT is how many connections a server takes before it ends. A server prints "ready" once its
// name exists, then "got: TEXT" per message. All text is UTF-8. An error goes to stderr with the
// number of GetLastError and ends with 1.
#include <windows.h>
#include <fcntl.h>
#include <io.h>
#include <sddl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 1024 * 1024, PIPE_BUFFER = 64 * 1024, TRIES = 100, WAIT_MILLISECONDS = 50 };

// The message at hand, with a zero after it.
static char buffer[LARGEST + 1];

static void fail(const char *what)
{
    fprintf(stderr, "error: %s: %lu\n", what, GetLastError());
    exit(1);
}

static void pipe_path(const wchar_t *name, wchar_t *path, size_t size)
{
    swprintf(path, size, L"\\\\.\\pipe\\%ls", name);
}

// False at the end of the stream, also when the end cuts the piece short.
static BOOL read_exactly(HANDLE pipe, void *to, DWORD length)
{
    DWORD total = 0, part;
    while (total < length) {
        if (!ReadFile(pipe, (char *)to + total, length - total, &part, NULL) || part == 0) return FALSE;
        total += part;
    }
    return TRUE;
}

static void write_all(HANDLE pipe, const void *from, DWORD length)
{
    DWORD part;
    if (!WriteFile(pipe, from, length, &part, NULL) || part != length) fail("WriteFile");
}

static DWORD read_to_end(HANDLE pipe)
{
    DWORD total = 0, part;
    while (total < LARGEST && ReadFile(pipe, buffer + total, LARGEST - total, &part, NULL)) total += part;
    return total;
}

// Leaves the line in `buffer`, without its end. False at the end of the stream.
static BOOL read_line(HANDLE pipe)
{
    for (DWORD i = 0; i < LARGEST; i++) {
        if (!read_exactly(pipe, buffer + i, 1)) return FALSE;
        if (buffer[i] == '\n') {
            buffer[i > 0 && buffer[i - 1] == '\r' ? i - 1 : i] = 0;
            return TRUE;
        }
    }
    return FALSE;
}

// Leaves the frame's bytes in `buffer`. False at the end of the stream.
static BOOL read_frame(HANDLE pipe)
{
    DWORD length;
    if (!read_exactly(pipe, &length, sizeof length)) return FALSE;
    if (length > LARGEST || !read_exactly(pipe, buffer, length)) return FALSE;
    buffer[length] = 0;
    return TRUE;
}

static void write_frame(HANDLE pipe, const char *text)
{
    DWORD length = (DWORD)strlen(text);
    write_all(pipe, &length, sizeof length);
    write_all(pipe, text, length);
}

static void write_line(HANDLE pipe, const char *text)
{
    static char line[LARGEST + 8];
    int length = snprintf(line, sizeof line, "%s\n", text);
    write_all(pipe, line, (DWORD)length);
}

static void serve_whole(HANDLE pipe)
{
    DWORD length = read_to_end(pipe);
    while (length > 0 && strchr("\r\n", buffer[length - 1])) length--;
    buffer[length] = 0;
    printf("got: %s\n", buffer);
}

static void serve_frames(HANDLE pipe)
{
    while (read_frame(pipe)) printf("got: %s\n", buffer);
}

static void serve_echo(HANDLE pipe, BOOL (*read)(HANDLE), void (*write)(HANDLE, const char *))
{
    static char answer[LARGEST + 8];
    while (read(pipe)) {
        printf("got: %s\n", buffer);
        snprintf(answer, sizeof answer, "echo:%s", buffer);
        write(pipe, answer);
    }
}

static void serve_echo_lines(HANDLE pipe)
{
    serve_echo(pipe, read_line, write_line);
}

static void serve_echo_frames(HANDLE pipe)
{
    serve_echo(pipe, read_frame, write_frame);
}

// What Windows does for every new object: this process's user, or the administrators if it is elevated,
// own it. Wine gives it no owner unless told, and a client that checks the owner would refuse it.
static SECURITY_ATTRIBUTES *owned_as_on_windows(void)
{
    static union { TOKEN_OWNER owner; BYTE room[256]; } token_owner;
    static SECURITY_DESCRIPTOR descriptor;
    static SECURITY_ATTRIBUTES attributes = {sizeof attributes, &descriptor, FALSE};
    HANDLE token;
    DWORD size;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) fail("OpenProcessToken");
    if (!GetTokenInformation(token, TokenOwner, &token_owner, sizeof token_owner, &size))
        fail("GetTokenInformation");
    CloseHandle(token);
    // No DACL is set, so the default one stands.
    if (!InitializeSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION) ||
        !SetSecurityDescriptorOwner(&descriptor, token_owner.owner.Owner, FALSE))
        fail("SetSecurityDescriptorOwner");
    return &attributes;
}

static void server(const wchar_t *path, DWORD access, int count, void (*serve)(HANDLE))
{
    HANDLE pipe = CreateNamedPipeW(path, access | FILE_FLAG_FIRST_PIPE_INSTANCE,
                                   PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_REJECT_REMOTE_CLIENTS,
                                   1, PIPE_BUFFER, PIPE_BUFFER, 0, owned_as_on_windows());
    if (pipe == INVALID_HANDLE_VALUE) fail("CreateNamedPipe");
    puts("ready");
    while (count-- > 0) {
        if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED) fail("ConnectNamedPipe");
        serve(pipe);
        DisconnectNamedPipe(pipe);
    }
}

// Waits while the server is missing or busy. Without SECURITY_IDENTIFICATION whoever owns the name
// could act as this user.
static HANDLE open_pipe(const wchar_t *path, DWORD access)
{
    for (int i = 0; i < TRIES; i++) {
        HANDLE pipe = CreateFileW(path, access, 0, NULL, OPEN_EXISTING,
                                  SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
        if (pipe != INVALID_HANDLE_VALUE) return pipe;
        if (GetLastError() != ERROR_PIPE_BUSY && GetLastError() != ERROR_FILE_NOT_FOUND) break;
        if (!WaitNamedPipeW(path, WAIT_MILLISECONDS)) Sleep(WAIT_MILLISECONDS);
    }
    fail("CreateFile");
    return INVALID_HANDLE_VALUE;
}

static const char *utf8(const wchar_t *text)
{
    static char bytes[LARGEST];
    if (!WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, NULL, NULL)) fail("WideCharToMultiByte");
    return bytes;
}

static void client(const wchar_t *path, int count, wchar_t **texts)
{
    for (int i = 0; i < count; i++) {
        HANDLE pipe = open_pipe(path, GENERIC_WRITE);
        const char *text = utf8(texts[i]);
        write_all(pipe, text, (DWORD)strlen(text));
        CloseHandle(pipe);
    }
}

static void call(const wchar_t *path, int count, wchar_t **texts)
{
    HANDLE pipe = open_pipe(path, GENERIC_READ | GENERIC_WRITE);
    for (int i = 0; i < count; i++) {
        write_line(pipe, utf8(texts[i]));
        if (!read_line(pipe)) fail("no answer");
        puts(buffer);
    }
    CloseHandle(pipe);
}

static void frames(const wchar_t *path, int count, wchar_t **texts)
{
    HANDLE pipe = open_pipe(path, GENERIC_WRITE);
    for (int i = 0; i < count; i++) write_frame(pipe, utf8(texts[i]));
    CloseHandle(pipe);
}

// Asks for no right but to read the descriptor: the DACL may grant nothing else.
static void dacl(const wchar_t *path)
{
    static BYTE descriptor[PIPE_BUFFER];
    DWORD size;
    char *text;
    HANDLE pipe = open_pipe(path, READ_CONTROL);
    if (!GetKernelObjectSecurity(pipe, DACL_SECURITY_INFORMATION, descriptor, sizeof descriptor, &size))
        fail("GetKernelObjectSecurity");
    if (!ConvertSecurityDescriptorToStringSecurityDescriptorA(descriptor, SDDL_REVISION_1,
                                                              DACL_SECURITY_INFORMATION, &text, NULL))
        fail("ConvertSecurityDescriptorToStringSecurityDescriptor");
    puts(text);
}

int wmain(int argc, wchar_t **argv)
{
    const wchar_t *mode = argc > 2 ? argv[1] : L"";
    wchar_t path[300];
    int count = argc > 3 ? _wtoi(argv[3]) : 0;
    // Whoever started this reads a pipe, and wants each line at once and without a carriage return.
    setvbuf(stdout, NULL, _IONBF, 0);
    _setmode(_fileno(stdout), _O_BINARY);
    if (argc > 2) pipe_path(argv[2], path, 300);

    if (!wcscmp(mode, L"server")) server(path, PIPE_ACCESS_INBOUND, count, serve_whole);
    else if (!wcscmp(mode, L"echo")) server(path, PIPE_ACCESS_DUPLEX, count, serve_echo_lines);
    else if (!wcscmp(mode, L"frame-server")) server(path, PIPE_ACCESS_INBOUND, count, serve_frames);
    else if (!wcscmp(mode, L"frame-echo")) server(path, PIPE_ACCESS_DUPLEX, count, serve_echo_frames);
    else if (!wcscmp(mode, L"client")) client(path, argc - 3, argv + 3);
    else if (!wcscmp(mode, L"call")) call(path, argc - 3, argv + 3);
    else if (!wcscmp(mode, L"frames")) frames(path, argc - 3, argv + 3);
    else if (!wcscmp(mode, L"dacl")) dacl(path);
    else {
        fputs("usage: pipe MODE NAME [COUNT|TEXT..]\n", stderr);
        return 2;
    }
    return 0;
}
