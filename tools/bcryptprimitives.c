// The bcryptprimitives.dll that Wine 8 lacks. Rust's standard library takes its random numbers from
// ProcessPrng, so without it no Rust program starts.
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
    return SystemFunction036(data, (ULONG)length);
}
