"""One event and one ticket of a recorded TiBillet server: throw-away keys, made for the recording."""

from __future__ import annotations

EVENT_UUID = "51bec713-a108-4986-91e6-1a85af1c598a"
PUBLIC_KEY_PEM = """\
-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAlfh+OmIMVNkUsLvvMaUT
P06OswdMofaVS/Dh1bO4D5Wl0GArEhfvXDV4Si7BwEksX2kFD71TDywPKeQQ9Dwf
wclFBn6U0xmirWFqDQUUP6pDjgPSUusAXmyQJndIWXeV2f9yKCRklNVnnqINDfxq
F8sSfTr/FlwxFw1ddZHrFa5CqE7W1R59XhHKyc8j3s5mbE0LhZp9rGfSRRb/dxHA
3l5OywVZlhc44nFecFZHAf+gu4nOAigjdwJ0w22DyMh5JurW4w1Jv156GpTmqD2m
gW9KX0wUOAL2Dx8mN2eIKgAYl+X2o1cmhfN8KG7t9CLqA2gOKthGmcPT+pHIb5k/
DwIDAQAB
-----END PUBLIC KEY-----
"""
TICKET_UUID = "d1a544fd-2961-4930-bde0-c44026bb00e1"
# RSA-2048 PSS over the base64 text, as TiBillet prints it: 409 characters, version 13 at level L.
TICKET_CODE = (
    "eyJ1dWlkIjogImQxYTU0NGZkLTI5NjEtNDkzMC1iZGUwLWM0NDAyNmJiMDBlMSJ9:YBETl2MJ-jtXuXFlxGwULvAdh06eK71"
    "vzGjalVD8bG7jiCcRQc284rMc_BoRFS8DeQLnCCA_fynWddY9s304P4r5HPUVDEitIlkvd4Z42LipjW-wLg1kGnaU_G2eMYa"
    "1Q-0yfw7FF4YQQnPAmXfSAgawDJ9ssZKuF44vMlpMPcOrNSFF1AceE7a0hdplxKJs-"
    "e1I5IW_Oz8En3fo2TYSKtslIkGRq3C0fuGulAlplav9NVjGKcXgQ4TODY7yBx_enxfJ2YmAaGWI-u22cltuJzQyabCveUg0-"
    "rmFH3ura6qOCpt6rX9wrwrW4RjGN8N0N_tR0dQJlCjxPUXW6ce8BA=="
)
